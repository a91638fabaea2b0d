//! The office's pages, through the whole router: an empty server made sellable, what people typed
//! shown as text, files that run nothing.

use crate::world::{Answer, World};
use axum::http::StatusCode;
use taswiq_backend::import::Contents;
use taswiq_domain::access::Actor;
use taswiq_domain::ids::PersonId;
use taswiq_domain::person::Role;

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
    assert_eq!(catalogue.cooperatives[1].conventions.len(), 2);
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
