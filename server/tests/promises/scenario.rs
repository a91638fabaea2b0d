//! Scenarios on the plan's page: the company's own rules to begin with, the same result as on the
//! command line, and what is wrong told in the reader's language at its place.

use crate::world::{Answer, World};
use axum::http::StatusCode;
use taswiq_backend::demo;
use taswiq_domain::scenario::{Bounds, SCHEMA, play};

const ADDRESS: &str = "/office/plan/scenario";
const BOUNDARY: &str = "a-line-that-stands-in-no-scenario";

struct Manager {
    world: World,
    cookie: String,
}

impl Manager {
    /// Of the demo company, to whom pages are told in that language.
    async fn reading(language: &str) -> Self {
        let world = World::empty().await;
        let office = &world.server.office;
        let options = demo::Options::until(1, 40, office.now(), office.calendar());
        demo::fill(office, options, |_| ()).await.expect("filled");
        let signed_in = office.sign_in("manager-01", demo::PASSWORD, "test").await;
        let token = signed_in.expect("signed in").token;
        let cookie = format!("taswiq={}; lang={language}", token.as_str());
        Self { world, cookie }
    }

    async fn get(&self, path: &str) -> Answer {
        let ask = self.world.ask("GET", path).header("cookie", &self.cookie);
        ask.send().await
    }

    /// Posts the form with these parts, each a name (with a file's name) and its bytes.
    async fn post(&self, parts: &[(&str, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, bytes) in parts {
            let head =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name={name}\r\n\r\n");
            body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
        }
        body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let ask = self.world.ask("POST", ADDRESS);
        let ask = ask.header("cookie", &self.cookie);
        ask.header("content-type", &kind).body(body).send().await
    }
}

async fn text(answer: Answer) -> String {
    let text = answer.text().await.replace(['\u{a0}', '\u{202f}'], " ");
    text.replace("<!>", "")
}

/// What stands in the page's field.
fn document(page: &str) -> String {
    let (_, after) = page.split_once("<textarea").expect("a field");
    let (_, after) = after.split_once('>').expect("its end");
    let (inside, _) = after.split_once("</textarea>").expect("its end");
    inside
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
        .trim()
        .to_owned()
}

#[tokio::test]
async fn the_companys_own_rules_are_played_as_the_command_line_plays_them() {
    let manager = Manager::reading("fr").await;
    let calendar = manager.world.server.office.calendar().clone();
    let page = text(manager.get("/office/plan/scenario?from=ours").await).await;
    let ours = document(&page);
    let outcome = play(&ours, &calendar, Bounds::NONE).expect("a good scenario");
    assert_eq!(outcome.orders.len(), 1, "{ours}");

    let page = manager.post(&[("text", ours.as_bytes())]).await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = text(page).await;
    let net = outcome
        .statements
        .iter()
        .find(|statement| statement.net.0 > 0)
        .expect("somebody is paid")
        .net
        .to_string()
        .replace(['\u{a0}', '\u{202f}'], " ");
    for sentence in [
        "Les relevés",
        "Fatima Bouazzaoui",
        "s’équilibrent au centime",
        &net,
    ] {
        assert!(page.contains(sentence), "{sentence}: {page}");
    }
    assert_eq!(document(&page), ours, "the document is still there");

    // The file wins over the text, and what is taken away is what `taswiq simulate` prints.
    let file = "file; filename=ours.json";
    let parts: [(&str, &[u8]); 3] = [(file, ours.as_bytes()), ("text", b"{"), ("as", b"json")];
    let taken = manager.post(&parts).await;
    let disposition = &taken.headers()["content-disposition"];
    assert!(
        disposition.as_bytes().starts_with(b"attachment"),
        "{disposition:?}"
    );
    let printed = serde_json::to_string_pretty(&outcome).expect("JSON");
    assert_eq!(taken.text().await, printed);

    let schema = manager.get("/office/plan/scenario/schema").await;
    assert_eq!(schema.text().await, SCHEMA);
}

#[tokio::test]
async fn what_is_wrong_with_a_scenario_is_told_at_its_place_in_the_readers_language() {
    for (language, known, missing, empty) in [
        ("fr", "ce champ n’existe pas", "ce champ manque", "events"),
        ("ar", "هذه الخانة غير موجودة", "هذه الخانة ناقصة", "events"),
    ] {
        let manager = Manager::reading(language).await;
        let page = text(manager.get("/office/plan/scenario?from=ours").await).await;
        let ours = document(&page);
        for (scenario, place, says) in [
            (ours.replacen("\"units\":2", "\"unitz\":2", 1), "placed", ""),
            (
                ours.replacen("\"agents\":", "\"agentz\":", 1),
                "agentz",
                known,
            ),
            ("{}".to_owned(), "events", missing),
            ("{\"events\":[]}".to_owned(), "cooperatives", missing),
            ("[".to_owned(), "", ""),
        ] {
            assert_ne!(scenario, ours);
            let answer = manager.post(&[("text", scenario.as_bytes())]).await;
            assert_eq!(
                answer.status(),
                StatusCode::UNPROCESSABLE_ENTITY,
                "{scenario}"
            );
            let page = text(answer).await;
            for sentence in [place, says, "href=\"#text\"", "id=\"text-error\""] {
                assert!(page.contains(sentence), "{sentence}: {page}");
            }
            assert_eq!(document(&page), scenario, "nothing typed is lost");
        }
        // Rules without anything that happens are no mistake.
        let still = ours.split("\"events\"").next().expect("the rules");
        let still = format!("{still}\"events\": []}}");
        let page = text(manager.post(&[("text", still.as_bytes())]).await).await;
        assert!(
            page.contains("empty-state") && page.contains(empty),
            "{page}"
        );
    }
}

#[tokio::test]
async fn what_stands_in_a_field_cannot_leave_it() {
    let manager = Manager::reading("fr").await;
    let markup = "</textarea><script>alert(1)</script>&amp;";
    let page = text(manager.post(&[("text", markup.as_bytes())]).await).await;
    assert_eq!(document(&page), markup);
    assert!(!page.contains("<script>alert"), "{page}");

    // The same of a file that is looked at before it is taken in.
    let import = World::ask(&manager.world, "POST", "/office/import/customers/check");
    let body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=text\r\n\r\n{markup}\r\n--{BOUNDARY}--\r\n"
    );
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let answer = import
        .header("cookie", &manager.cookie)
        .header("content-type", &kind)
        .body(body.into_bytes());
    let page = text(answer.send().await).await;
    assert!(page.contains("alert(1)"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
}

#[tokio::test]
async fn what_is_no_scenario_or_too_much_of_one_is_refused_with_a_reason() {
    let manager = Manager::reading("fr").await;
    let file = "file; filename=a.json";
    for (parts, status, says) in [
        (
            vec![("text", &b" "[..])],
            StatusCode::UNPROCESSABLE_ENTITY,
            "Le document",
        ),
        (
            vec![(file, &b"\xff\xfe{"[..])],
            StatusCode::UNPROCESSABLE_ENTITY,
            "UTF-8",
        ),
        (
            vec![(file, &vec![b' '; 3_000_000][..])],
            StatusCode::PAYLOAD_TOO_LARGE,
            "",
        ),
    ] {
        let answer = manager.post(&parts).await;
        assert_eq!(answer.status(), status);
        let page = text(answer).await;
        assert!(page.contains(says), "{says}: {page}");
    }
    let events = vec!["{}"; 5_001].join(",");
    let scenario = format!("{{\"events\":[{events}]}}");
    let page = text(manager.post(&[("text", scenario.as_bytes())]).await).await;
    assert!(
        page.contains("5000 au plus") || page.contains("5 000 au plus"),
        "{page}"
    );
}
