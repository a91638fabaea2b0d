//! Files taken in, and what the first page of the office asks in one call.

use super::world::{AGENT, HONEY, OTHER_AGENT, START, promise};
use taswiq_backend::OfficeError;
use taswiq_backend::figures::FigureFilter;
use taswiq_backend::import::{Contents, Trouble};
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::sync::Change;
use taswiq_domain::time::Calendar;

promise! {
    async fn a_file_is_taken_in_whole_or_not_at_all(world) {
        let manager = world.manager();
        let before = world.office.catalogue().await.expect("a catalogue");
        let category = before.categories[0].name.get("fr").to_owned();
        let headings = "cooperative;category;name_fr;unit_fr;vat;retail;semi_wholesale;wholesale\n";
        let good = format!("{headings}{HONEY};{category};Nouveau;pot;7,5;120;110,50;100\n{HONEY};{category};Sans prix;pot;20;;;\n");
        let bad = format!("{good}99;{category};Faux;pot;20;;;\n");
        let from = world.office.now().plus_days(1);
        let refused = world.office.import_file(&manager, Contents::Products, bad.clone().into_bytes(), from).await;
        assert!(matches!(refused, Err(OfficeError::Invalid(_))), "{refused:?}");
        assert_eq!(world.office.catalogue().await.expect("a catalogue"), before);
        assert_eq!(world.office.check_file(&manager, Contents::Products, bad.as_bytes()).await.expect("checked").wrong.len(), 1);
        let rows = world.office.import_file(&manager, Contents::Products, good.clone().into_bytes(), from).await.expect("taken in");
        assert_eq!(rows, 2);
        let after = world.office.catalogue().await.expect("a catalogue");
        assert_eq!(after.products.len(), before.products.len() + 2);
        let new = after.products.iter().find(|product| product.name.get("fr") == "Nouveau").expect("the new one");
        assert_eq!(new.prices.last().map(|price| price.semi_wholesale), Some(Centimes(11_050)));
        assert_eq!(after.price_lists.last().map(|list| list.valid_from), Some(from));
        let again = world.office.import_file(&manager, Contents::Products, good.into_bytes(), from.plus_days(1)).await;
        assert!(matches!(again, Err(OfficeError::Invalid(_))), "{again:?}");
        let file = "name_fr,place_fr,regime\nNouvelle,Sefrou,own_production\n";
        world.office.import_file(&manager, Contents::Cooperatives, file.as_bytes().to_vec(), world.office.now()).await.expect("taken in");
        let catalogue = world.office.catalogue().await.expect("a catalogue");
        assert!(catalogue.cooperatives.last().expect("one").convention_at(world.office.now()).is_some());
    }
}

promise! {
    async fn customers_from_a_file_come_to_their_agents_phones_once(world) {
        let manager = world.manager();
        let (mut agent, mut other) = (world.phone(AGENT).await, world.phone(OTHER_AGENT).await);
        let revision = world.office.catalogue().await.expect("a catalogue").revision;
        let headings = "first_name,family_name,phone,place,kind,agent\n";
        let good = format!("{headings}Khadija,Alaoui,0612345678,Lazaret,,agent\nCafé des Amis,,,Oujda,professional,other-agent\n");
        let bad = format!("{good}Itto,,,Sefrou,,nobody\n");
        let now = world.office.now();
        let refused = world.office.import_file(&manager, Contents::Customers, bad.into_bytes(), now).await;
        assert!(matches!(refused, Err(OfficeError::Invalid(_))), "{refused:?}");
        assert_eq!(world.office.customers(&manager, None, "").await.expect("listed"), [], "whole or not at all");
        assert_eq!(world.office.import_file(&manager, Contents::Customers, good.clone().into_bytes(), now).await.expect("taken in"), 2);
        let names = |changes: Vec<Change>| -> Vec<String> {
            changes.into_iter().filter_map(|change| match change { Change::Customer(customer) => Some(customer.details.full_name()), _ => None }).collect()
        };
        assert_eq!(names(agent.pull().await), ["Khadija Alaoui"]);
        assert_eq!(names(other.pull().await), ["Café des Amis"]);
        // The same people are not written down twice, however they are spelt.
        let again = format!("{headings}KHADIJA,alaoui,+212612345678,lazaret,,other-agent\n{}", "Café des amis,,,Oujda,,agent\n");
        let wrong = world.office.check_file(&manager, Contents::Customers, again.as_bytes()).await.expect("checked").wrong;
        let told: Vec<_> = wrong.iter().map(|one| (one.line, &one.trouble)).collect();
        assert_eq!(told, [(2, &Trouble::CustomerKnown), (3, &Trouble::CustomerKnown)]);
        assert_eq!(world.office.catalogue().await.expect("a catalogue").revision, revision, "no phone fetches the catalogue for it");
        assert!(world.audit_actions().await.contains(&"file_imported".to_owned()));
    }
}

promise! {
    async fn what_cooperatives_have_not_answered_is_told_with_its_age(world) {
        let mut phone = world.phone(AGENT).await;
        phone.place(&[(1, 2)]).await;
        let came_in = world.office.now();
        let today = world.office.calendar().date_at(START);
        let filter = FigureFilter { agent: None, cooperative: None, product: None, first: today, end: today.plus_days(1) };
        let overview = world.office.overview(&world.manager(), &filter).await.expect("an overview");
        assert_eq!((overview.unanswered.sub_orders, overview.unanswered.late), (1, 0));
        assert_eq!(overview.unanswered.oldest_since, Some(came_in));
        assert_eq!(overview.total.orders, 1);
        assert_eq!(overview.before.orders, 0);
        world.clock.set(came_in.plus_hours(limits::CONFIRM_ESCALATION_HOURS + 1));
        let unanswered = world.office.unanswered(&world.manager()).await.expect("told");
        assert_eq!((unanswered.late, unanswered.late_cooperatives), (1, 1));
    }
}
