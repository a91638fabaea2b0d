//! Products, their tax, and categories.

use axum::extract::{Form, Path};
use axum::response::Response;
use taswiq_app::office::Typed;
use taswiq_app::office::catalogue::{self as pages, Asked};
use taswiq_app::office::desk::Done;
use taswiq_domain::ids::{CategoryId, ProductId};

use super::{Posted, Visitor, file, preview};
use crate::failure::Failure;

pub async fn list(visitor: Visitor) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    Ok(visitor.page(pages::list(
        &visitor.desk,
        &Asked::read(visitor.asked.clone()),
        &catalogue,
    )))
}

pub async fn export(visitor: Visitor) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    Ok(file(
        "taswiq-products.csv",
        pages::export(
            &visitor.desk,
            &Asked::read(visitor.asked.clone()),
            &catalogue,
        ),
    ))
}

pub async fn show_new(visitor: Visitor) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    let typed = pages::typed_new(visitor.asked.clone());
    Ok(visitor.page(pages::form(&visitor.desk, &typed, &[], &catalogue, None)))
}

pub async fn add(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let catalogue = visitor.office().catalogue().await?;
    if !typed.get("preview").is_empty() {
        return Ok(preview(
            &visitor,
            pages::form(&visitor.desk, &typed, &[], &catalogue, None),
        ));
    }
    let taken = match pages::read(&visitor.desk, &typed, None) {
        Ok((details, vat)) => visitor
            .office()
            .add_product(visitor.actor(), details, vat)
            .await
            .map(|_| ())
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(taken, Done::Saved, "/office/products", |problems| {
        pages::form(&visitor.desk, &typed, problems, &catalogue, None)
    })
}

pub async fn show(visitor: Visitor, Path(id): Path<ProductId>) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    let product = catalogue.product(id).ok_or(Failure::NotFound)?;
    let typed = pages::typed_of(&visitor.desk, product);
    Ok(visitor.page(pages::form(
        &visitor.desk,
        &typed,
        &[],
        &catalogue,
        Some(product),
    )))
}

pub async fn change(
    visitor: Visitor,
    Path(id): Path<ProductId>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let catalogue = visitor.office().catalogue().await?;
    let product = catalogue.product(id).ok_or(Failure::NotFound)?;
    if !typed.get("preview").is_empty() {
        return Ok(preview(
            &visitor,
            pages::form(&visitor.desk, &typed, &[], &catalogue, Some(product)),
        ));
    }
    let taken = match pages::read(&visitor.desk, &typed, Some(product)) {
        Ok((details, _)) => visitor
            .office()
            .change_product(visitor.actor(), id, details)
            .await
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(
        taken,
        Done::Saved,
        &format!("/office/products/{id}"),
        |problems| pages::form(&visitor.desk, &typed, problems, &catalogue, Some(product)),
    )
}

pub async fn publish_vat(
    visitor: Visitor,
    Path(id): Path<ProductId>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let catalogue = visitor.office().catalogue().await?;
    let product = catalogue.product(id).ok_or(Failure::NotFound)?;
    let taken = match pages::read_vat(&visitor.desk, &typed) {
        Ok(vat) => visitor
            .office()
            .publish_vat(visitor.actor(), id, vat)
            .await
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(
        taken,
        Done::Published,
        &format!("/office/products/{id}"),
        |problems| pages::vat_form(&visitor.desk, &typed, problems, product),
    )
}

pub async fn categories(visitor: Visitor) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    Ok(visitor.page(pages::categories(&visitor.desk, &catalogue)))
}

pub async fn show_new_category(visitor: Visitor) -> Response {
    let typed = pages::typed_new(visitor.asked.clone());
    visitor.page(pages::category_form(&visitor.desk, &typed, &[], None))
}

pub async fn add_category(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    if !typed.get("preview").is_empty() {
        return Ok(preview(
            &visitor,
            pages::category_form(&visitor.desk, &typed, &[], None),
        ));
    }
    let taken = match pages::read_category(&visitor.desk, &typed) {
        Ok((name, picture)) => visitor
            .office()
            .add_category(visitor.actor(), name, picture)
            .await
            .map(|_| ())
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(taken, Done::Saved, "/office/categories", |problems| {
        pages::category_form(&visitor.desk, &typed, problems, None)
    })
}

pub async fn show_category(
    visitor: Visitor,
    Path(id): Path<CategoryId>,
) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    let category = catalogue.category(id).ok_or(Failure::NotFound)?;
    Ok(visitor.page(pages::category_form(
        &visitor.desk,
        &pages::typed_of_category(category),
        &[],
        Some(id),
    )))
}

pub async fn change_category(
    visitor: Visitor,
    Path(id): Path<CategoryId>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let typed = Typed(posted);
    if !typed.get("preview").is_empty() {
        return Ok(preview(
            &visitor,
            pages::category_form(&visitor.desk, &typed, &[], Some(id)),
        ));
    }
    let taken = match pages::read_category(&visitor.desk, &typed) {
        Ok((name, picture)) => visitor
            .office()
            .change_category(visitor.actor(), id, name, picture)
            .await
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(taken, Done::Saved, "/office/categories", |problems| {
        pages::category_form(&visitor.desk, &typed, problems, Some(id))
    })
}
