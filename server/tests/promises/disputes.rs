//! A dispute at the door: sent by a phone, answered on the office's pages, its photo shown to those who
//! answer and to nobody else.

use crate::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};
use taswiq_backend::demo;
use taswiq_domain::person::Role;
use uuid::Uuid;

/// Sixteen by eight pixels.
const PHOTO: &str = "/9j/4AAGAQIDBP/AAAgIAAgAEAD/2gACBQUF/9k=";
/// A few weeks of a small company: enough for an entry.
const ORDERS: u32 = 60;

struct Company {
    world: World,
    agent: String,
    manager: String,
}

impl Company {
    async fn new() -> Self {
        let world = World::empty_demo().await;
        let office = &world.server.office;
        let options = demo::Options::until(1, ORDERS, office.now(), office.calendar());
        demo::fill(office, options, |_| ()).await.expect("filled");
        let cookie = async |role: Role| {
            let account = demo::accounts()
                .into_iter()
                .find(|account| account.role == role)
                .expect("an account");
            let signed_in = office
                .sign_in(account.login, demo::PASSWORD, "test")
                .await
                .expect("signed in");
            format!("taswiq={}", signed_in.token.as_str())
        };
        let (agent, manager) = (cookie(Role::Agent).await, cookie(Role::Manager).await);
        Self {
            world,
            agent,
            manager,
        }
    }

    async fn sync(&self, device: Uuid, epoch: &str, cursor: i64, commands: Value) -> Value {
        let now = self.world.server.office.now().0;
        let body = json!({
            "protocol": 1, "device": device, "epoch": epoch, "build": "test", "cursor": cursor,
            "device_time": now, "waiting": { "commands": 0, "orders": 0 }, "commands": commands,
        });
        let answer = self
            .world
            .ask("POST", "/api/v1/sync")
            .header("cookie", &self.agent)
            .json(&body)
            .send()
            .await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await
    }

    /// Opens a dispute about the agent's first entry of a line, from a phone.
    async fn open(&self, photo: Option<&str>) -> Uuid {
        let device = Uuid::now_v7();
        let (mut cursor, mut entry) = (0, None);
        let mut epoch = String::new();
        while entry.is_none() {
            let told = self.sync(device, &epoch, cursor, json!([])).await;
            epoch = told["epoch"].as_str().expect("an epoch").to_owned();
            cursor = told["cursor"].as_i64().expect("a cursor");
            entry = told["changes"]
                .as_array()
                .expect("changes")
                .iter()
                .find(|change| {
                    change["kind"] == "entry" && change["body"]["line"].as_u64() > Some(0)
                })
                .map(|change| change["body"].clone());
            assert!(
                entry.is_some() || told["more"].as_u64() > Some(0),
                "an entry"
            );
        }
        let entry = entry.expect("an entry");
        assert!(entry["source"]["event"].is_string(), "{entry}");
        assert!(entry["source"]["received_at"].is_i64(), "{entry}");
        let id = Uuid::now_v7();
        let mut body = json!({
            "about": {
                "entry": entry["number"],
                "line": { "order": entry["order"], "cooperative": entry["cooperative"], "line": entry["line"] },
            },
            "amount": 100, "reason": "rate", "note": "<b>On m’avait dit plus</b>",
        });
        if let Some(photo) = photo {
            body["photo"] = json!(photo);
        }
        let command = json!({ "id": id, "seq": 1, "made_at": self.world.server.office.now().0, "kind": "open_dispute", "body": body });
        let told = self.sync(device, &epoch, cursor, json!([command])).await;
        assert_eq!(
            told["results"][0]["status"], "applied",
            "{}",
            told["results"][0]
        );
        id
    }

    async fn page(&self, cookie: &str, path: &str) -> (StatusCode, String) {
        let answer = self
            .world
            .ask("GET", path)
            .header("cookie", cookie)
            .send()
            .await;
        (answer.status(), answer.text().await)
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> StatusCode {
        let answer = self
            .world
            .ask("POST", path)
            .header("cookie", &self.manager)
            .form(form)
            .send()
            .await;
        answer.status()
    }
}

#[tokio::test]
async fn a_dispute_is_read_taken_and_answered_on_the_offices_pages() {
    let company = Company::new().await;
    let id = company.open(Some(PHOTO)).await;
    let (status, list) = company.page(&company.manager, "/office/disputes").await;
    assert_eq!(status, StatusCode::OK);
    let address = format!("/office/disputes/{id}");
    assert!(list.contains(&address));
    let (status, page) = company.page(&company.manager, &address).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("&lt;b&gt;On m’avait dit plus"),
        "text, never markup"
    );
    assert!(page.contains(&format!("{address}/photo")));
    assert!(
        page.contains("data-tone=\"done\""),
        "the entry, computed again"
    );
    let decide = |verdict, amount, note| {
        vec![
            ("act", "decide"),
            ("verdict", verdict),
            ("amount", amount),
            ("note", note),
        ]
    };
    assert_eq!(
        company.post(&address, &decide("accepted", "", "Oui")).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "not before somebody looked at it"
    );
    assert_eq!(
        company.post(&address, &[("act", "take")]).await,
        StatusCode::SEE_OTHER
    );
    for wrong in [
        decide("", "", "Oui"),
        decide("denied", "", " "),
        decide("partly", "", "Un peu"),
        decide("partly", "1,00", "Tout n’est pas une partie"),
    ] {
        assert_eq!(
            company.post(&address, &wrong).await,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{wrong:?}"
        );
    }
    assert_eq!(
        company
            .post(&address, &decide("partly", "0,40", "Un peu"))
            .await,
        StatusCode::SEE_OTHER
    );
    let agent = page_of_agent(&page);
    let (status, books) = company
        .page(&company.manager, &format!("{agent}/ledger"))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        books.contains(&format!("href=\"{address}\"")),
        "what it held leads to it"
    );
    assert!(
        books.contains("href=\"/office/orders/"),
        "every entry leads to its cause"
    );
    let (_, page) = company.page(&company.manager, &address).await;
    assert!(page.contains("Un peu") && page.contains("0,40"));
    assert!(!page.contains("name=\"verdict\""), "it is answered");
}

/// The address of the agent whose dispute it is.
fn page_of_agent(page: &str) -> String {
    let start = page.find("/office/people/").expect("a link to the agent");
    let end = page[start..].find('"').expect("its end");
    page[start..start + end].to_owned()
}

#[tokio::test]
async fn a_photo_is_shown_to_those_who_answer_as_a_picture_and_nothing_else() {
    let company = Company::new().await;
    let id = company.open(Some(PHOTO)).await;
    let address = format!("/office/disputes/{id}/photo");
    let answer = company
        .world
        .ask("GET", &address)
        .header("cookie", &company.manager)
        .send()
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    let headers = answer.headers();
    assert_eq!(headers["content-type"], "image/jpeg");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "private, no-store");
    assert!(
        headers["content-disposition"]
            .to_str()
            .expect("text")
            .starts_with("inline")
    );
    let (status, _) = company.page(&company.agent, &address).await;
    assert_eq!(
        status,
        StatusCode::FORBIDDEN,
        "whoever answers, and nobody else"
    );
    let nobody = company
        .world
        .ask("GET", &address)
        .header("accept", "image/*")
        .send()
        .await;
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    let (status, _) = company
        .page(
            &company.manager,
            &format!("/office/disputes/{}/photo", Uuid::now_v7()),
        )
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
