//! Months, accounts and tax through the whole router: forms that name what is wrong, and two people
//! to a payment.

use crate::world::{Answer, World};
use axum::http::StatusCode;
use std::sync::Arc;
use taswiq_backend::clock::{Clock, SettableClock, SystemClock};
use taswiq_domain::period::Period;
use taswiq_domain::person::Role;

async fn get(world: &World, role: Role, path: &str) -> Answer {
    let cookie = world.cookie_of(role).await;
    world
        .ask("GET", path)
        .header("cookie", &cookie)
        .send()
        .await
}

async fn post(world: &World, role: Role, path: &str, fields: &[(&str, &str)]) -> Answer {
    let cookie = world.cookie_of(role).await;
    world
        .ask("POST", path)
        .header("cookie", &cookie)
        .form(fields)
        .send()
        .await
}

/// The month in which the server was founded: it lasts.
fn this_month(world: &World) -> Period {
    Period::at(world.server.office.now(), world.server.office.calendar())
}

#[tokio::test]
async fn a_month_that_lasts_can_be_looked_at_and_not_closed() {
    let world = World::new().await;
    let period = this_month(&world);
    let months = get(&world, Role::Manager, "/office/settlement").await;
    assert_eq!(months.status(), StatusCode::OK);
    assert!(
        months
            .text()
            .await
            .contains(&format!("/office/settlement/{period}"))
    );
    let here = format!("/office/settlement/{period}");
    let page = get(&world, Role::Manager, &here).await;
    assert_eq!(page.status(), StatusCode::OK);
    let text = page.text().await;
    // It says what a close would do, and offers none.
    assert!(text.contains("Si le mois était clos maintenant") && !text.contains("/close"));
    let agent = world.person_of(Role::Agent);
    let statement = get(&world, Role::Manager, &format!("{here}/agents/{agent}")).await;
    assert_eq!(statement.status(), StatusCode::OK);
    let closed = post(&world, Role::Manager, &format!("{here}/close"), &[]).await;
    assert_eq!(closed.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(closed.text().await.contains("n’est pas terminé"));
    for elsewhere in ["2019-01", "1", "x"] {
        let path = format!("/office/settlement/{elsewhere}");
        let status = get(&world, Role::Manager, &path).await.status();
        assert!(status.is_client_error(), "{path}: {status}");
    }
}

#[tokio::test]
async fn an_account_that_does_not_check_is_named_at_its_field() {
    let world = World::new().await;
    let agent = world.person_of(Role::Agent);
    let (money, account) = (
        format!("/office/people/{agent}/money"),
        format!("/office/people/{agent}/account"),
    );
    assert_eq!(
        get(&world, Role::Manager, &money).await.status(),
        StatusCode::OK
    );
    for (rib, said) in [
        ("011519000001205000534922", "La clé du RIB"),
        ("0115190000", "il y en a"),
        ("MA64 0115", "que des chiffres"),
    ] {
        let answer = post(&world, Role::Manager, &account, &[("rib", rib)]).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let text = answer.text().await;
        assert!(
            text.contains(said) && text.contains("id=\"rib-error\""),
            "{rib}"
        );
        assert!(
            text.contains(&format!("value=\"{rib}\"")),
            "nothing typed is lost"
        );
    }
    let good = [("rib", "011 519 0000012050005349 21")];
    let answer = post(&world, Role::Manager, &account, &good).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let text = get(&world, Role::Manager, &money).await.text().await;
    assert!(!text.contains("12050005349"), "a page shows its ends alone");
    let manager = world.person_of(Role::Manager);
    let not_an_agent = format!("/office/people/{manager}/money");
    assert_eq!(
        get(&world, Role::Administrator, &not_an_agent)
            .await
            .status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn an_advance_sent_twice_is_given_once() {
    let world = World::new().await;
    let agent = world.person_of(Role::Agent);
    let (money, advance) = (
        format!("/office/people/{agent}/money"),
        format!("/office/people/{agent}/advance"),
    );
    let id = "0192aabbccdd7eef8899aabbccddeeff";
    let wrong = [("advance", id), ("amount", "0")];
    let answer = post(&world, Role::Manager, &advance, &wrong).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().await.contains("id=\"amount-error\""));
    let fields = [("advance", id), ("amount", "250,50"), ("reference", "=1+1")];
    for _ in 0..2 {
        let answer = post(&world, Role::Manager, &advance, &fields).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    }
    let text = get(&world, Role::Manager, &money).await.text().await;
    assert_eq!(text.matches("=1+1").count(), 1);
}

#[tokio::test]
async fn an_entry_is_read_and_taken_back_once_and_for_a_reason() {
    let world = World::new().await;
    let agent = world.person_of(Role::Agent);
    let advance = format!("/office/people/{agent}/advance");
    let id = "0192aabbccddeeff8899aabbccddeeff";
    let fields = [("advance", id), ("amount", "250,50"), ("reference", "")];
    let given = post(&world, Role::Manager, &advance, &fields).await;
    assert_eq!(given.status(), StatusCode::SEE_OTHER);
    let entries = format!("/office/people/{agent}/ledger");
    let text = get(&world, Role::Manager, &entries).await.text().await;
    let (_, rest) = text.split_once("/office/entries/").expect("an entry");
    let number: i64 = rest
        .split('"')
        .next()
        .and_then(|number| number.parse().ok())
        .expect("its number");
    let (entry, correct) = (
        format!("/office/entries/{number}"),
        format!("/office/entries/{number}/correct"),
    );
    let text = get(&world, Role::Administrator, &entry).await.text().await;
    let form = format!("action=\"{correct}\"");
    assert!(text.contains("250,50") && text.contains(&form), "{text}");
    // Not by an agent, not without a reason, not what is not there.
    let twice = [("reason", "twice")];
    let answer = post(&world, Role::Agent, &correct, &twice).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    for none in [&[][..], &[("reason", "")], &[("reason", "whim")]] {
        let answer = post(&world, Role::Manager, &correct, none).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().await.contains("href=\"#reason\""));
    }
    let nowhere = "/office/entries/1000000";
    let answer = get(&world, Role::Manager, nowhere).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    // Once; then whoever tries again reads by which entry.
    let answer = post(&world, Role::Manager, &correct, &twice).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let correction = number + 1;
    let to = answer.headers()["location"].to_str().expect("an address");
    assert!(
        to.starts_with(&format!("/office/entries/{correction}")),
        "{to}"
    );
    let answer = post(&world, Role::Administrator, &correct, &twice).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let text = answer.text().await;
    assert!(text.contains(&format!("déjà corrigée, par l’écriture n° {correction}")));
    assert!(!text.contains(&form), "no form is offered again");
    let text = get(&world, Role::Manager, &entries).await.text().await;
    assert!(text.contains(&format!("/office/entries/{correction}")));
}

#[tokio::test]
async fn tax_terms_are_an_administrators_and_say_what_is_wrong_where() {
    let world = World::new().await;
    let mut fields = vec![("valid_from", "2199-01-01")];
    for kind in ["auto_entrepreneur", "independent", "company", "salaried"] {
        let rate: &'static str = format!("rate_{kind}").leak();
        let above: &'static str = format!("above_{kind}").leak();
        fields.push((rate, "10"));
        fields.push((above, "80000"));
    }
    let page = get(&world, Role::Manager, "/office/tax").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(!page.text().await.contains("<form class=\"stack\""));
    let refused = post(&world, Role::Manager, "/office/tax", &fields).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let mut wrong = fields.clone();
    wrong[1].1 = "101";
    let answer = post(&world, Role::Administrator, "/office/tax", &wrong).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer
            .text()
            .await
            .contains("id=\"rate_auto_entrepreneur-error\"")
    );
    let answer = post(&world, Role::Administrator, "/office/tax", &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let page = get(&world, Role::Manager, "/office/tax").await;
    assert!(page.text().await.contains("2199"));
}

#[tokio::test]
async fn a_closed_month_is_read_and_printed_in_both_languages_and_closes_no_more() {
    let clock = Arc::new(SettableClock::new(SystemClock.now()));
    let world = World::with_clock(clock.clone()).await;
    let period = this_month(&world);
    clock.set(period.end(world.server.office.calendar()));
    let here = format!("/office/settlement/{period}");
    let before = get(&world, Role::Manager, &here).await.text().await;
    assert!(before.contains(&format!("{here}/close")));
    let closed = post(&world, Role::Manager, &format!("{here}/close"), &[]).await;
    assert_eq!(closed.status(), StatusCode::SEE_OTHER);
    let again = post(&world, Role::Manager, &format!("{here}/close"), &[]).await;
    assert_eq!(again.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text().await.contains("ne se rouvre pas"));
    let agent = world.person_of(Role::Agent);
    let statement = format!("{here}/agents/{agent}");
    let page = get(&world, Role::Manager, &statement).await.text().await;
    assert!(page.contains("aucune vente en attente"));
    let mut printed = Vec::new();
    for language in ["fr", "ar"] {
        let paper = format!("{statement}/statement.pdf?lang={language}");
        assert!(page.contains(&format!("href=\"{paper}\"")), "{paper}");
        printed.push(printed_at(&world, Role::Manager, &paper).await);
    }
    assert_ne!(printed[0], printed[1]);
    // Nobody is payable: nothing can be prepared, and the page says so.
    let prepared = post(&world, Role::Manager, &format!("{here}/prepare"), &[]).await;
    assert_eq!(prepared.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(prepared.text().await.contains("Personne ne peut être payé"));
    let missing = format!("/office/settlement/{period}/agents/999/statement.pdf");
    let status = get(&world, Role::Manager, &missing).await.status();
    assert_eq!(status, StatusCode::NOT_FOUND);
}

/// The paper at an address, as a file to keep.
async fn printed_at(world: &World, role: Role, address: &str) -> Vec<u8> {
    let answer = get(world, role, address).await;
    assert_eq!(answer.status(), StatusCode::OK, "{address}");
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let disposition = answer.headers()["content-disposition"].to_str();
    assert!(disposition.expect("text").starts_with("attachment"));
    let bytes = answer.bytes().await;
    assert!(bytes.starts_with(b"%PDF-"));
    bytes
}

#[tokio::test]
async fn an_agent_prints_their_own_statement_and_can_ask_for_nobody_elses() {
    let clock = Arc::new(SettableClock::new(SystemClock.now()));
    let world = World::with_clock(clock.clone()).await;
    let period = this_month(&world);
    let own = format!("/statements/{period}/statement.pdf");
    let (colleague, colleagues_cookie) = world.colleague().await;
    let open = get(&world, Role::Agent, &own).await;
    assert_eq!(open.status(), StatusCode::NOT_FOUND);
    clock.set(period.end(world.server.office.calendar()));
    let closing = format!("/office/settlement/{period}/close");
    let closed = post(&world, Role::Manager, &closing, &[]).await;
    assert_eq!(closed.status(), StatusCode::SEE_OTHER);
    let mut printed = Vec::new();
    for language in ["fr", "ar"] {
        let query = format!("?lang={language}");
        let mine = printed_at(&world, Role::Agent, &format!("{own}{query}")).await;
        let agent = world.person_of(Role::Agent);
        let office = format!("/office/settlement/{period}/agents/{agent}/statement.pdf{query}");
        assert!(mine == printed_at(&world, Role::Manager, &office).await);
        printed.push(mine);
    }
    assert_ne!(printed[0], printed[1]);
    // The same address is another paper for another agent.
    let theirs = world.ask("GET", &own).header("cookie", &colleagues_cookie);
    let theirs = theirs.send().await;
    assert_eq!(theirs.status(), StatusCode::OK);
    let named = theirs.headers()["content-disposition"]
        .to_str()
        .expect("text");
    assert!(
        named.contains(&format!("taswiq-{period}-{colleague}.pdf")),
        "{named}"
    );
    assert!(printed[0] != theirs.bytes().await);
    // The office's address, with the own number or another's, is not an agent's to ask for.
    for agent in [world.person_of(Role::Agent), colleague] {
        let office = format!("/office/settlement/{period}/agents/{agent}/statement.pdf");
        let status = get(&world, Role::Agent, &office).await.status();
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    // Nor does the own address lead anybody else anywhere.
    for role in [Role::Cooperative, Role::Manager, Role::Administrator] {
        let status = get(&world, role, &own).await.status();
        assert_eq!(status, StatusCode::FORBIDDEN, "{role:?}");
    }
    let nobody = world
        .ask("GET", &own)
        .header("accept", "application/pdf")
        .send()
        .await;
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
}
