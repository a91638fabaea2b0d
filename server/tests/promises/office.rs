//! The office's pages, through the whole router: an empty server made sellable, what people typed
//! shown as text, files that run nothing.

use crate::world::{Answer, World};
use axum::http::StatusCode;
use std::sync::Arc;
use taswiq_backend::clock::SettableClock;
use taswiq_backend::demo;
use taswiq_backend::import::Contents;
use taswiq_domain::access::Actor;
use taswiq_domain::ids::{OrderId, PersonId};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::VestsWhen;
use taswiq_domain::person::Role;
use taswiq_domain::time::Timestamp;

/// 2026-11-23, ten o'clock by UTC.
const A_MORNING: Timestamp = Timestamp(1_795_428_000_000);

struct Office {
    world: World,
    cookie: String,
}

impl Office {
    async fn new() -> Self {
        let world = World::new().await;
        let cookie = world.cookie_of(Role::Manager).await;
        Self { world, cookie }
    }

    /// The demo company's, as its manager sees it.
    async fn of_demo(orders: u32) -> Self {
        // Its history ends there, and whether anything is nearly written off depends on the day.
        let clock = Arc::new(SettableClock::new(A_MORNING));
        let world = World::empty_with_clock(clock, None).await;
        let office = &world.server.office;
        let options = demo::Options::until(1, orders, office.now(), office.calendar());
        demo::fill(office, options, |_| ()).await.expect("filled");
        let signed_in = office.sign_in("manager-01", demo::PASSWORD, "test").await;
        let cookie = format!("taswiq={}", signed_in.expect("signed in").token.as_str());
        Self { world, cookie }
    }

    async fn get(&self, path: &str) -> Answer {
        self.world
            .ask("GET", path)
            .header("cookie", &self.cookie)
            .send()
            .await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.world
            .ask("POST", path)
            .header("cookie", &self.cookie)
            .form(fields)
            .send()
            .await
    }

    /// Posts and expects to be led on.
    async fn done(&self, path: &str, fields: &[(&str, &str)]) {
        let answer = self.post(path, fields).await;
        let status = answer.status();
        assert_eq!(
            status,
            StatusCode::SEE_OTHER,
            "{path}: {}",
            answer.text().await
        );
    }
}

const HOSTILE: &str = "=HYPERLINK(\"//x\")<img src=x onerror=alert(1)>";

#[tokio::test]
async fn an_empty_catalogue_becomes_sellable_through_forms_alone() {
    let office = Office::new().await;
    let tomorrow = "2199-01-01";
    office
        .done(
            "/office/cooperatives/new",
            &[
                ("name_fr", "Tighanimine"),
                ("place_fr", "Agadir"),
                ("regime", "own_production"),
                ("delivery_days", "2"),
            ],
        )
        .await;
    office
        .done(
            "/office/categories/new",
            &[
                ("name_fr", "Huiles"),
                ("shape", "bottle"),
                ("tint", "argan"),
                ("motif", "argan"),
            ],
        )
        .await;
    office
        .done(
            "/office/products/new",
            &[
                ("cooperative", "2"),
                ("category", "1"),
                ("name_fr", "Huile"),
                ("unit_fr", "25 cl"),
                ("vat", "10"),
                ("on_sale", "yes"),
            ],
        )
        .await;
    office
        .done(
            "/office/prices/new",
            &[
                ("cooperative", "2"),
                ("p1_retail", "130,00"),
                ("p1_semi_wholesale", "120"),
                ("p1_wholesale", "109,50"),
            ],
        )
        .await;
    office
        .done(
            "/office/plan/new",
            &[("rules", "2"), ("r0_by", "rate"), ("r0_value", "8")],
        )
        .await;
    office
        .done(
            "/office/cooperatives/2/convention",
            &[
                ("regime", "doorstep_7d"),
                ("delivery_days", "3"),
                ("vesting_delivered", "50"),
                ("vesting_paid", "0"),
                ("vesting_deposited", "50"),
                ("valid_from", tomorrow),
            ],
        )
        .await;
    office
        .done(
            "/office/products/1/vat",
            &[("vat", "20"), ("valid_from", tomorrow)],
        )
        .await;
    let catalogue = office
        .world
        .server
        .office
        .catalogue()
        .await
        .expect("a catalogue");
    let now = office.world.server.now();
    let product = &catalogue.products[0];
    let list = catalogue
        .price_list_at(now)
        .expect("the first list holds at once");
    assert_eq!(
        product.price(list, taswiq_domain::catalogue::PriceTier::Wholesale),
        Some(taswiq_domain::money::Centimes(10_950))
    );
    assert_eq!(
        product.vat_at(now),
        Some(taswiq_domain::money::Ppm(100_000))
    );
    assert!(catalogue.plan_at(now).is_some());
    let conventions = &catalogue.cooperatives[1].conventions;
    assert_eq!(conventions.len(), 2);
    assert!(conventions[0].vesting.is_usual());
    let half = taswiq_domain::money::Ppm(500_000);
    assert_eq!(
        VestsWhen::ALL.map(|when| conventions[1].vesting.part(when)),
        [half, taswiq_domain::money::Ppm(0), half]
    );
}

#[tokio::test]
async fn what_will_be_written_off_is_a_list_from_which_each_order_is_opened() {
    let office = Office::new().await;
    let page = office.get("/office/orders/unpaid").await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await;
    assert!(page.contains("Rien ne sera passé en perte bientôt"));
    let today = office.get("/office").await.text().await;
    assert!(!today.contains("/office/orders/unpaid"), "nothing to tell");
    let office = Office::of_demo(1_500).await;
    let unpaid = office.get("/office/orders/unpaid").await.text().await;
    let links = orders_linked(&unpaid);
    assert!(!links.is_empty(), "{unpaid}");
    assert!(unpaid.contains("Dans ") && unpaid.contains("jours"));
    for link in links {
        let order = office.get(link).await;
        assert_eq!(order.status(), StatusCode::OK);
        assert!(order.text().await.contains("Livré"));
    }
    let today = office.get("/office").await.text().await;
    assert!(today.contains("href=\"/office/orders/unpaid\""));
}

/// The addresses of the orders that a page leads to.
fn orders_linked(page: &str) -> Vec<&str> {
    page.split("href=\"")
        .filter(|rest| rest.starts_with("/office/orders/0"))
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[tokio::test]
async fn an_entry_opens_to_its_rule_its_event_and_itself_computed_again() {
    let office = Office::of_demo(300).await;
    let manager = Actor {
        person: PersonId(1),
        role: Role::Manager,
        cooperatives: Vec::new(),
    };
    let list = office.get("/office/orders?progress=settled").await;
    let list = list.text().await;
    let mut seen = 0;
    for path in orders_linked(&list).into_iter().take(5) {
        let id = path.rsplit('/').next().and_then(|id| id.parse().ok());
        let history = office
            .world
            .server
            .office
            .order_history(&manager, OrderId(id.expect("an order")))
            .await
            .expect("known");
        for entry in &history.entries {
            let cause = entry.transfer.cause;
            let event = history
                .events
                .iter()
                .find(|event| Some(event.number) == cause.event_number());
            let device = event.and_then(|event| event.device);
            let (Some(line), Some(device)) = (cause.line(), device) else {
                continue;
            };
            let cooperative = cause.cooperative().expect("of a part");
            let part = history.order.sub_order(cooperative).expect("a part");
            let paid = &part.line(line).expect("a line").commission;
            let page = said(
                office
                    .get(&format!("/office/entries/{}", entry.number))
                    .await,
            )
            .await;
            let device = device.to_string();
            let texts = [
                format!("Règle {}, plan {}", paid.rule, history.order.plan),
                "Recalculé devant vous".to_owned(),
                format!(
                    "évènement {} de la commande",
                    cause.event_number().expect("one")
                ),
                format!(">{}<", &device[device.len() - 6..]),
                "Heure sur place".to_owned(),
                "Reçu par le bureau".to_owned(),
                "Le grand livre dit la même chose".to_owned(),
            ];
            for text in texts {
                assert!(
                    page.to_lowercase().contains(&text.to_lowercase()),
                    "{text}: {page}"
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 0, "no entry of a line in {list}");
}

#[tokio::test]
async fn cash_that_reached_the_bank_is_written_down_at_its_order_and_never_more_than_was_taken() {
    let office = Office::of_demo(300).await;
    let settled = office.get("/office/orders?progress=settled").await;
    let settled = settled.text().await;
    let mut found = None;
    for path in orders_linked(&settled) {
        let page = office.get(path).await.text().await;
        let field = page
            .split("name=\"deposit_")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        if let Some(cooperative) = field {
            found = Some((path.to_owned(), cooperative.to_owned()));
            break;
        }
    }
    let (order, cooperative) = found.expect("cash in somebody's hands");
    let (address, field) = (format!("{order}/deposit"), format!("deposit_{cooperative}"));
    for wrong in ["", "0", "x", "99999999"] {
        let typed = [("cooperative", cooperative.as_str()), (&field, wrong)];
        let answer = office.post(&address, &typed).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        let page = answer.text().await;
        assert!(page.contains("error-summary"), "{wrong}");
        assert!(page.contains(&format!("value=\"{wrong}\"")), "{wrong}");
    }
    let typed = [("cooperative", cooperative.as_str()), (&field, "1,00")];
    office.done(&address, &typed).await;
    let page = office.get(&order).await.text().await;
    assert!(page.contains("Versé à la banque"), "{page}");
    let nowhere = "/office/orders/0192aabb-ccdd-7eef-8899-aabbccddeeff/deposit";
    let answer = office.post(nowhere, &typed).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_owed_to_a_customer_who_paid_more_than_is_due_is_said_at_the_order() {
    let office = Office::of_demo(600).await;
    let manager = Actor {
        person: PersonId(1),
        role: Role::Manager,
        cooperatives: Vec::new(),
    };
    let said = ["à rendre au client", "تُرد للزبون"];
    let (mut owing, mut even) = (0, 0);
    for list in ["settled", "dead"] {
        let list = office.get(&format!("/office/orders?progress={list}")).await;
        let list = list.text().await;
        for path in orders_linked(&list) {
            let id = path.rsplit('/').next().and_then(|id| id.parse().ok());
            let history = office
                .world
                .server
                .office
                .order_history(&manager, OrderId(id.expect("an order")))
                .await
                .expect("known");
            let owed: Vec<Centimes> = history
                .order
                .sub_orders
                .iter()
                .map(|part| part.owed_to_customer().expect("fits"))
                .filter(|owed| *owed > Centimes::ZERO)
                .collect();
            for (language, said) in ["fr", "ar"].iter().zip(said) {
                let page = office
                    .world
                    .ask("GET", path)
                    .header("cookie", &format!("{}; lang={language}", office.cookie))
                    .send()
                    .await
                    .text()
                    .await;
                assert_eq!(page.matches(said).count(), owed.len(), "{path}");
                for owed in &owed {
                    assert!(page.contains(&owed.to_string()), "{owed}: {page}");
                }
            }
            owing += owed.len();
            even += usize::from(owed.is_empty());
        }
    }
    assert!(owing > 0 && even > 0, "{owing} {even}");
}

#[tokio::test]
async fn parts_of_the_commission_that_are_not_the_whole_are_refused_beside_their_field() {
    let office = Office::new().await;
    for parts in [["50", "", "40"], ["x", "", ""], ["100", "0", "1"]] {
        let answer = office
            .post(
                "/office/cooperatives/1/convention",
                &[
                    ("regime", "doorstep_7d"),
                    ("delivery_days", "3"),
                    ("vesting_delivered", parts[0]),
                    ("vesting_paid", parts[1]),
                    ("vesting_deposited", parts[2]),
                    ("valid_from", "2199-01-01"),
                ],
            )
            .await;
        assert_eq!(
            answer.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{parts:?}"
        );
        let page = answer.text().await;
        assert!(page.contains("href=\"#vesting_delivered\""), "{page}");
        assert!(page.contains(&format!("value=\"{}\"", parts[0])), "{page}");
    }
}

#[tokio::test]
async fn what_was_typed_is_shown_again_beside_what_is_wrong() {
    let office = Office::new().await;
    let answer = office
        .post(
            "/office/cooperatives/new",
            &[
                ("name_fr", "Tighanimine"),
                ("place_fr", ""),
                ("phone", "0612"),
                ("regime", "own_production"),
                ("delivery_days", "2"),
            ],
        )
        .await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await;
    for expected in [
        "value=\"Tighanimine\"",
        "value=\"0612\"",
        "href=\"#place_fr\"",
        "href=\"#phone\"",
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    assert_eq!(
        office
            .world
            .server
            .office
            .catalogue()
            .await
            .expect("a catalogue")
            .cooperatives
            .len(),
        1
    );
}

#[tokio::test]
async fn fault_29_what_people_typed_is_text_on_every_page() {
    let office = Office::new().await;
    office
        .done(
            "/office/cooperatives/new",
            &[
                ("name_fr", HOSTILE),
                ("place_fr", HOSTILE),
                ("regime", "own_production"),
                ("delivery_days", "2"),
            ],
        )
        .await;
    office
        .done("/office/categories/new", &[("name_fr", HOSTILE)])
        .await;
    office
        .done(
            "/office/products/new",
            &[
                ("cooperative", "2"),
                ("category", "1"),
                ("name_fr", HOSTILE),
                ("unit_fr", HOSTILE),
                ("vat", "10"),
                ("on_sale", "yes"),
            ],
        )
        .await;
    let pages = [
        "/office",
        "/office/cooperatives",
        "/office/cooperatives/2",
        "/office/categories",
        "/office/products",
        "/office/products/1",
        "/office/prices/new",
        "/office/plan/new",
        "/office/orders",
    ];
    for page in pages {
        let answer = office.get(page).await;
        assert_eq!(answer.status(), StatusCode::OK, "{page}");
        assert!(!answer.text().await.contains("<img"), "{page}");
    }
    let searched = office.get("/office/orders?q=%3Cimg%20src%3Dx%3E").await;
    assert!(!searched.text().await.contains("<img"));
}

/// A product at 130.00 DH with 10 % of tax in it, of a cooperative with a convention.
async fn with_a_product() -> Office {
    let office = Office::new().await;
    let steps: [(&str, &[(&str, &str)]); 4] = [
        (
            "/office/cooperatives/new",
            &[
                ("name_fr", "Ajddigue"),
                ("place_fr", "Essaouira"),
                ("regime", "own_production"),
                ("delivery_days", "2"),
            ],
        ),
        (
            "/office/categories/new",
            &[
                ("name_fr", "Huiles"),
                ("shape", "bottle"),
                ("tint", "argan"),
            ],
        ),
        (
            "/office/products/new",
            &[
                ("cooperative", "2"),
                ("category", "1"),
                ("name_fr", "Huile"),
                ("unit_fr", "25 cl"),
                ("vat", "10"),
                ("on_sale", "yes"),
            ],
        ),
        (
            "/office/prices/new",
            &[
                ("cooperative", "2"),
                ("p1_retail", "130,00"),
                ("p1_semi_wholesale", "120"),
                ("p1_wholesale", "109,50"),
            ],
        ),
    ];
    for (path, fields) in steps {
        office.done(path, fields).await;
    }
    office
}

/// What a page says, without its markup's no-break spaces.
async fn said(answer: Answer) -> String {
    answer
        .text()
        .await
        .replace(['\u{a0}', '\u{202f}'], " ")
        .replace("<!>", "")
}

#[tokio::test]
async fn a_plan_reads_like_sentences_and_is_tried_on_a_basket_before_it_is_published() {
    let office = with_a_product().await;
    let mut fields = vec![
        ("rules", "3"),
        ("r0_by", "rate"),
        ("r0_value", "8"),
        ("r1_by", "rate"),
        ("r1_value", "10"),
        ("r1_cap", "20"),
        ("r1_cap_per", "order"),
        ("r1_product", "1 · Huile · 25 cl"),
        ("r2_by", "per_unit"),
        ("r2_value", "1,50"),
        ("r2_team", "Nord"),
        ("r2_discount_from", "5"),
        ("r2_discount_below", "10"),
        ("t0_from", "10000"),
        ("t0_rate", "2"),
        ("g0_reach", "20000"),
        ("g0_bonus", "500"),
        ("guaranteed", "1500"),
        ("lead_rate", "1"),
        ("s0_product", "1 · Huile · 25 cl"),
        ("s0_units", "2"),
    ];
    let trying = [fields.as_slice(), &[("try", "yes")]].concat();
    let tried = said(office.post("/office/plan/new", &trying).await).await;
    for sentence in [
        "Huile · 25 cl : 10 %, au plus 20,00 DH par commande.",
        "Équipe Nord + Remise de 5 % à moins de 10 % : 1,50 DH par article.",
        // 10 % of 2 × 130.00 DH without tax would be 23.64.
        "236,36 <small>DH",
        "20,00 <small>DH",
    ] {
        assert!(tried.contains(sentence), "{sentence}: {tried}");
    }
    let empty = said(office.get("/office/plan").await).await;
    assert!(empty.contains("Pas encore de plan"), "nothing is published");

    // Two rules for the same sales: both are named, at the later one.
    let tie = [
        fields.as_slice(),
        &[
            ("rules", "4"),
            ("r3_by", "rate"),
            ("r3_value", "1"),
            ("r3_team", "Nord"),
            ("r3_discount_from", "9"),
        ],
    ]
    .concat();
    let tie: Vec<(&str, &str)> = tie.into_iter().skip(1).collect();
    let refused = said(office.post("/office/plan/new", &tie).await).await;
    assert!(
        refused.contains("Les règles 3 et 4 valent pour les mêmes ventes"),
        "{refused}"
    );

    fields.push(("valid_from", ""));
    office.done("/office/plan/new", &fields).await;
    let published = said(office.get("/office/plan").await).await;
    for sentence in [
        "10 %, au plus 20,00 DH par commande",
        "De 0,00 DH à moins de 10 000,00 DH de ventes hors taxe : 0 % en plus.",
        "À partir de 10 000,00 DH de ventes hors taxe : 2 % en plus.",
        "Dès 20 000,00 DH de ventes hors taxe : prime de 500,00 DH.",
        "Au moins 1 500,00 DH par mois",
        "Qui encadre un agent gagne 1 % de ses ventes hors taxe.",
    ] {
        assert!(published.contains(sentence), "{sentence}: {published}");
    }
    // The next version begins with what this one says.
    let again = said(office.get("/office/plan/new").await).await;
    for value in ["20,00", "Nord", "10000,00", "500,00", "1500,00"] {
        assert!(
            again.contains(&format!("value=\"{value}\"")),
            "{value}: {again}"
        );
    }
}

/// A rule for all sales and a second one, with what else is typed.
fn two_rules<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let rules = [
        ("rules", "2"),
        ("r0_by", "rate"),
        ("r0_value", "8"),
        ("r1_by", "rate"),
        ("r1_value", "10"),
    ];
    [rules.as_slice(), more].concat()
}

impl Office {
    /// What the form says of a plan that it does not take.
    async fn plan_refused(&self, fields: &[(&str, &str)]) -> String {
        let answer = self.post("/office/plan/new", fields).await;
        let status = answer.status();
        let page = said(answer).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        let plans = said(self.get("/office/plan").await).await;
        assert!(plans.contains("Pas encore de plan"), "nothing is published");
        page
    }
}

#[tokio::test]
async fn a_plan_with_a_condition_that_names_nothing_is_refused_at_that_field_and_never_holds_for_more()
 {
    let office = with_a_product().await;
    let other_category = [("name_fr", "Miels"), ("shape", "bottle"), ("tint", "argan")];
    office.done("/office/categories/new", &other_category).await;
    // What begins with a number is no product's number for that.
    for mistyped in [
        "Miel",
        "Huile · 25 cl",
        "1 litre d’huile",
        "99",
        "99 · Miel",
    ] {
        let fields = two_rules(&[("r1_product", mistyped), ("r1_cooperative", "2")]);
        let refused = office.plan_refused(&fields).await;
        for part in [
            "href=\"#r1_product\"",
            "Règle 2 : ce produit n’existe pas",
            &format!("value=\"{mistyped}\""),
        ] {
            assert!(refused.contains(part), "{mistyped}: {part}: {refused}");
        }
    }
    for (field, value, why) in [
        (
            "r1_cooperative",
            "99",
            "Règle 2 : cette coopérative n’existe pas",
        ),
        (
            "r1_cooperative",
            "deux",
            "Règle 2 : cette coopérative n’existe pas",
        ),
        (
            "r1_category",
            "99",
            "Règle 2 : cette catégorie n’existe pas",
        ),
        ("r1_agent", "99", "Règle 2 : cet agent n’existe pas"),
        ("r1_kind", "museum", "Client : à vérifier"),
        ("r1_channel", "moon", "Lieu de vente : à vérifier"),
        ("r1_by", "dreams", "Donne : à vérifier"),
    ] {
        let mut fields = two_rules(&[]);
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let refused = office.plan_refused(&fields).await;
        for part in [
            &format!("href=\"#{field}\""),
            why,
            // What was chosen stays chosen, for sending the form again chooses nothing else.
            &format!("<option value=\"{value}\" selected"),
        ] {
            assert!(refused.contains(part), "{field}: {part}: {refused}");
        }
    }
    let fields = two_rules(&[("r1_product", "1 · Huile · 25 cl"), ("r1_category", "2")]);
    let refused = office.plan_refused(&fields).await;
    assert!(
        refused.contains("href=\"#r1_category\"") && refused.contains("d’une autre catégorie"),
        "{refused}"
    );

    // A team may be meant for agents yet to come: said, and taken.
    let fields = two_rules(&[
        ("r1_team", "Nrod"),
        ("s0_product", "Miel"),
        ("s0_units", "1"),
    ]);
    let trying = [fields.as_slice(), &[("try", "yes")]].concat();
    let tried = said(office.post("/office/plan/new", &trying).await).await;
    for part in [
        "id=\"r1_team-hint\" class=\"field-hint\">Aucun agent n’est dans cette équipe.",
        "id=\"s0_product-hint\" class=\"field-hint\">Ce produit n’existe pas",
    ] {
        assert!(tried.contains(part), "{part}: {tried}");
    }
    let fields = two_rules(&[("r1_product", "1"), ("r1_team", "Nrod")]);
    office.done("/office/plan/new", &fields).await;
    let published = said(office.get("/office/plan").await).await;
    assert!(
        published.contains("Huile · 25 cl + Équipe Nrod"),
        "{published}"
    );
}

#[tokio::test]
async fn a_plan_names_tiers_and_targets_as_they_stand_in_the_form_when_they_descend() {
    let office = with_a_product().await;
    // Rows are left empty, and what lies below the first tier is put before it.
    let tiers = [
        ("r1_team", "Nord"),
        ("t1_from", "20000"),
        ("t1_rate", "2"),
        ("t3_from", "10000"),
        ("t3_rate", "3"),
    ];
    let refused = office.plan_refused(&two_rules(&tiers)).await;
    for part in [
        "href=\"#t3_from\"",
        "Le palier 4 commence à 10 000,00 DH : il doit commencer plus haut que le palier 2.",
        "id=\"t3_from-error\"",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert!(!refused.contains("t0_from-error"), "{refused}");
    for (reach, bonus, field) in [
        ("30000", "400", "g3_bonus"),
        ("20000", "600", "g3_reach"),
        ("10000", "400", "g3_reach"),
    ] {
        let targets = [
            ("r1_team", "Nord"),
            ("g1_reach", "20000"),
            ("g1_bonus", "500"),
            ("g3_reach", reach),
            ("g3_bonus", bonus),
        ];
        let refused = office.plan_refused(&two_rules(&targets)).await;
        for part in [
            format!("href=\"#{field}\""),
            format!("id=\"{field}-error\""),
            "L’objectif 4 doit dépasser l’objectif 2".to_owned(),
        ] {
            assert!(refused.contains(&part), "{part}: {refused}");
        }
    }
}

#[tokio::test]
async fn a_plan_with_a_tie_shows_both_rules_and_the_way_to_each() {
    let office = with_a_product().await;
    let tie = [
        ("rules", "4"),
        ("r0_by", "rate"),
        ("r0_value", "8"),
        ("r1_by", "rate"),
        ("r1_value", "10"),
        ("r1_product", "1 · Huile · 25 cl"),
        ("r2_by", "per_unit"),
        ("r2_value", "1,50"),
        ("r2_team", "Nord"),
        ("r3_by", "rate"),
        ("r3_value", "1"),
        ("r3_team", "Nord"),
    ];
    let both = [
        "Règle 3. Équipe Nord : 1,50 DH par article.",
        "Règle 4. Équipe Nord : 1 %.",
    ];
    let refused = office.plan_refused(&tie).await;
    for (field, sentence) in ["r2_value", "r3_value"].into_iter().zip(both) {
        for part in [
            format!("<a href=\"#{field}\">{sentence}</a>"),
            format!("id=\"{field}-error\""),
        ] {
            assert!(refused.contains(&part), "{part}: {refused}");
        }
    }
    // The other rules still read as sentences.
    for sentence in ["Toutes les ventes : 8 %.", "Huile · 25 cl : 10 %."] {
        assert!(refused.contains(sentence), "{sentence}: {refused}");
    }
    let keep = [tie.as_slice(), &[("keep", "yes")]].concat();
    office.done("/office/plan/new", &keep).await;
    let draft = said(office.get("/office/plan").await).await;
    for sentence in both.into_iter().chain(["1 point à corriger"]) {
        assert!(draft.contains(sentence), "{sentence}: {draft}");
    }
    office.done("/office/plan/draft/discard", &[]).await;

    // Of two rules, the one that cannot be read says nothing; the other goes on.
    let mut unreadable = tie;
    unreadable[4] = ("r1_value", "dix");
    let refused = office.plan_refused(&unreadable).await;
    for sentence in [
        "Toutes les ventes : 8 %.",
        "Équipe Nord : 1,50 DH par article.",
    ] {
        assert!(refused.contains(sentence), "{sentence}: {refused}");
    }
    assert!(!refused.contains("Huile · 25 cl : "), "{refused}");
}

#[tokio::test]
async fn a_plan_says_beside_a_band_of_discounts_that_no_order_carries_one_yet() {
    let office = with_a_product().await;
    let form = said(office.get("/office/plan/new").await).await;
    let hint = "id=\"r0_discount_from-hint\" class=\"field-hint\">Les commandes ne portent pas encore de remise";
    assert!(form.contains(hint), "{form}");
}

#[tokio::test]
async fn a_draft_is_kept_with_its_faults_which_are_said_in_the_readers_language() {
    let office = with_a_product().await;
    let wrong = [
        ("rules", "2"),
        ("r0_by", "rate"),
        ("r0_value", "huit"),
        ("r1_by", "rate"),
        ("r1_value", "120"),
        ("r1_team", "Nord"),
        ("keep", "yes"),
    ];
    office.done("/office/plan/new", &wrong).await;
    let form = said(office.get("/office/plan/new").await).await;
    assert!(form.contains("value=\"huit\"") && form.contains("value=\"Nord\""));
    assert!(form.contains("error-summary") && form.contains("Brouillon enregistré par"));
    let plan = said(office.get("/office/plan").await).await;
    assert!(
        plan.contains("2 points à corriger avant de publier"),
        "{plan}"
    );
    assert!(
        plan.contains("Règle 1") && plan.contains("Règle 2"),
        "{plan}"
    );
    let arabic = office
        .world
        .ask("GET", "/office/plan")
        .header("cookie", &format!("{}; lang=ar", office.cookie))
        .send()
        .await;
    let arabic = said(arabic).await;
    assert!(arabic.contains("نقطتان تُصحَّحان قبل النشر"), "{arabic}");
    assert!(arabic.contains("اكتب نسبة من 0 إلى 100"), "{arabic}");

    office.done("/office/plan/draft/discard", &[]).await;
    let plan = said(office.get("/office/plan").await).await;
    assert!(plan.contains("Pas encore de plan"), "{plan}");
}

#[tokio::test]
async fn each_version_says_what_it_changes_and_so_does_the_draft_before_it_is_published() {
    let office = with_a_product().await;
    let first = [
        ("rules", "2"),
        ("r0_by", "rate"),
        ("r0_value", "8"),
        ("r1_by", "rate"),
        ("r1_value", "10"),
        ("r1_team", "Nord"),
    ];
    office.done("/office/plan/new", &first).await;
    let second = [
        ("rules", "2"),
        ("r0_by", "rate"),
        ("r0_value", "9"),
        ("r1_by", "per_unit"),
        ("r1_value", "1,50"),
        ("r1_product", "1 · Huile · 25 cl"),
        ("t0_from", "10000"),
        ("t0_rate", "2"),
        ("guaranteed", "1500"),
        ("valid_from", "2199-01-01"),
    ];
    let told = [
        "Toutes les ventes : 9 % au lieu de 8 %.",
        "Nouvelle règle. Huile · 25 cl : 1,50 DH par article.",
        "Règle retirée. Équipe Nord : 10 %.",
        "À partir de 10 000,00 DH de ventes hors taxe : 2 % en plus. Avant : aucun.",
        "Minimum garanti : 1 500,00 DH au lieu de 0,00 DH.",
    ];
    let keep = [second.as_slice(), &[("keep", "yes")]].concat();
    office.done("/office/plan/new", &keep).await;
    let draft = said(office.get("/office/plan").await).await;
    for sentence in told {
        assert!(draft.contains(sentence), "{sentence}: {draft}");
    }
    assert!(draft.contains("/office/plan/draft/discard"));
    let form = said(office.get("/office/plan/new").await).await;
    assert!(form.contains("value=\"2199-01-01\""), "{form}");
    office.done("/office/plan/new", &second).await;
    let published = said(office.get("/office/plan").await).await;
    for sentence in told {
        assert!(published.contains(sentence), "{sentence}: {published}");
    }
    assert!(published.contains("Publié par manager"), "{published}");
    assert!(
        !published.contains("/office/plan/draft/discard"),
        "no draft is left"
    );
}

/// Where a simulation was led to, followed until it is over.
async fn outcome(office: &Office, fields: &[(&str, &str)]) -> String {
    let started = office.post("/office/plan/simulations", fields).await;
    assert_eq!(started.status(), StatusCode::SEE_OTHER);
    let address = started.headers()["location"]
        .to_str()
        .expect("text")
        .to_owned();
    loop {
        let page = office.get(&address).await;
        assert_eq!(page.status(), StatusCode::OK);
        if page.headers().get("refresh").is_none() {
            return said(page).await;
        }
        let page = said(page).await;
        assert!(
            page.contains("<progress") && page.contains("/stop"),
            "{page}"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_draft_is_simulated_on_past_orders_agent_by_agent_without_touching_the_books() {
    let office = Office::of_demo(400).await;
    let balances = async || {
        let manager = Actor {
            person: PersonId(1),
            role: Role::Manager,
            cooperatives: Vec::new(),
        };
        let office = &office.world.server.office;
        office.balances(&manager).await.expect("known")
    };
    let before = balances().await;
    let page = said(office.get("/office/plan/simulations?plan=draft").await).await;
    assert!(page.contains("Aucune simulation") && !page.contains("value=\"draft\""));

    // Nothing is simulated by a draft that could not be published.
    let draft = [
        ("rules", "1"),
        ("r0_by", "rate"),
        ("r0_value", "beaucoup"),
        ("keep", "yes"),
    ];
    office.done("/office/plan/new", &draft).await;
    let fields = [("plan", "draft"), ("period", "quarter")];
    let refused = office.post("/office/plan/simulations", &fields).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = said(refused).await;
    assert!(
        refused.contains("Le brouillon a des points à corriger"),
        "{refused}"
    );

    let draft = [
        ("rules", "1"),
        ("r0_by", "rate"),
        ("r0_value", "20"),
        ("keep", "yes"),
    ];
    office.done("/office/plan/new", &draft).await;
    let plan = said(office.get("/office/plan").await).await;
    assert!(
        plan.contains("/office/plan/simulations?plan=draft"),
        "{plan}"
    );
    let told = outcome(&office, &fields).await;
    for sentence in [
        "Avec le brouillon, ",
        "commandes recalculées",
        "Par agent",
        "Par mois",
        "n’est pas clos",
        "href=\"/office/people/",
    ] {
        assert!(told.contains(sentence), "{sentence}: {told}");
    }
    // By the plans in force, each agent gets what they got.
    let control = [("plan", "in_force"), ("period", "quarter")];
    let told = outcome(&office, &control).await;
    assert!(told.contains("Avec les plans en vigueur, "), "{told}");
    assert!(
        !told.contains("data-tone=\"done\">+") && !told.contains("data-tone=\"trouble\">−"),
        "{told}"
    );
    let listed = said(office.get("/office/plan/simulations").await).await;
    assert!(
        listed.contains("Terminée") && listed.contains("Le brouillon"),
        "{listed}"
    );
    assert_eq!(before, balances().await);

    for (first, last, field, said_why) in [
        ("2199-01", "2199-01", "last", "Seuls des mois terminés"),
        ("2020-01", "2022-01", "first", "12 mois au plus"),
        ("x", "2022-01", "first", "12 mois au plus"),
    ] {
        let fields = [
            ("plan", "1"),
            ("period", "custom"),
            ("first", first),
            ("last", last),
        ];
        let answer = office.post("/office/plan/simulations", &fields).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let page = said(answer).await;
        assert!(
            page.contains(said_why) && page.contains(&format!("href=\"#{field}\"")),
            "{page}"
        );
    }
    let nowhere = office.get("/office/plan/simulations/999").await;
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_agents_terms_are_published_and_read_back_as_sentences() {
    let office = Office::new().await;
    office.world.invite(Role::Agent, "Hamid").await;
    let page = "/office/people/3";
    let before = said(office.get(page).await).await;
    assert!(before.contains("Aucune condition particulière"), "{before}");
    let terms = |part: &'static str| {
        vec![
            ("kind", "company"),
            ("contract", "C-12"),
            ("territory", "Sefrou"),
            ("grade", "senior"),
            ("team", "Nord"),
            ("lead", ""),
            ("share0_person", "3"),
            ("share0_part", "60"),
            ("share1_person", "5"),
            ("share1_part", part),
        ]
    };
    let path = "/office/people/3/terms";
    let refused = said(office.post(path, &terms("30")).await).await;
    assert!(
        refused.contains("Les parts font 90 % au lieu de 100 %."),
        "{refused}"
    );
    office.done(path, &terms("40")).await;
    let after = said(office.get(page).await).await;
    for sentence in [
        "Société",
        "Contrat C-12",
        "Grade senior",
        "Équipe Nord",
        "Hamid : 40 %",
    ] {
        assert!(after.contains(sentence), "{sentence}: {after}");
    }
    // What was published stays: the next is for a day to come, with a lead instead.
    let led = [("kind", "company"), ("lead", "5")];
    let for_the_past = said(office.post(path, &led).await).await;
    assert!(
        for_the_past.contains("Choisissez un jour"),
        "{for_the_past}"
    );
    let later = [led.as_slice(), &[("valid_from", "2199-01-01")]].concat();
    office.done(path, &later).await;
    let after = said(office.get(page).await).await;
    assert!(after.contains("Encadré par Hamid"), "{after}");
    // Nobody but an agent sells on terms.
    let of_a_manager = office.get("/office/people/2/terms").await;
    assert_eq!(of_a_manager.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn fault_30_an_export_runs_nothing() {
    let office = Office::new().await;
    office
        .done(
            "/office/cooperatives/new",
            &[
                ("name_fr", HOSTILE),
                ("place_fr", "Agadir"),
                ("regime", "own_production"),
                ("delivery_days", "2"),
            ],
        )
        .await;
    office
        .done("/office/categories/new", &[("name_fr", "@SUM(A1)")])
        .await;
    office
        .done(
            "/office/products/new",
            &[
                ("cooperative", "2"),
                ("category", "1"),
                ("name_fr", "+1"),
                ("unit_fr", "-1+1"),
                ("vat", "10"),
                ("on_sale", "yes"),
            ],
        )
        .await;
    let file = office.get("/office/products.csv").await.text().await;
    let row = file.lines().nth(1).expect("a row");
    for (index, cell) in ["\"'=HYPERLINK", "'@SUM", "'+1", "'-1+1"]
        .into_iter()
        .enumerate()
    {
        assert!(row.contains(cell), "cell {index} of {row}");
    }
}

#[tokio::test]
async fn a_manager_does_not_manage_the_office_itself() {
    let office = Office::new().await;
    // The administrator is the first person of the world.
    for (path, fields) in [
        ("/office/people/1/link", &[][..]),
        ("/office/people/1/active", &[("active", "no")][..]),
    ] {
        assert_eq!(
            office.post(path, fields).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let invited = office
        .post(
            "/office/invite",
            &[
                ("role", "administrator"),
                ("name_fr", "X"),
                ("login", "x@example.com"),
                ("language", "fr"),
            ],
        )
        .await;
    assert_eq!(invited.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn customers_are_given_to_another_agent_by_forms_alone() {
    let office = Office::new().await;
    let backend = &office.world.server.office;
    let manager = Actor {
        person: PersonId(2),
        role: Role::Manager,
        cooperatives: Vec::new(),
    };
    office.world.invite(Role::Agent, "Hammou").await;
    // The agents of the world are its third and its fifth person.
    let file = b"first_name,place,agent\nKhadija,Lazaret,3\nItto,Sefrou,3\n".to_vec();
    let now = backend.now();
    backend
        .import_file(&manager, Contents::Customers, file, now)
        .await
        .expect("taken in");
    let found = office.get("/office/customers?q=khad").await.text().await;
    assert!(found.contains("Khadija") && !found.contains("Itto"));
    let of = async |agent| {
        let found = backend.customers(&manager, Some(PersonId(agent)), "").await;
        found.expect("listed")
    };
    let khadija = of(3).await[1].customer.id.to_string();
    for (fields, status) in [
        (vec![("to", "5")], StatusCode::UNPROCESSABLE_ENTITY),
        (
            vec![("customer", &*khadija)],
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            vec![("customer", &*khadija), ("to", "4")],
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            vec![("customer", &*khadija), ("to", "5"), ("q", "khad")],
            StatusCode::SEE_OTHER,
        ),
    ] {
        let answer = office.post("/office/customers/move", &fields).await;
        assert_eq!(answer.status(), status, "{fields:?}");
    }
    let (left, given) = (of(3).await, of(5).await);
    assert_eq!(
        (
            left.len(),
            given.len(),
            &*given[0].customer.details.first_name
        ),
        (1, 1, "Khadija")
    );
}
