//! Files on their way in.

use axum::extract::{Multipart, Path};
use axum::response::Response;
use taswiq_app::office::desk::Done;
use taswiq_app::office::form::Reader;
use taswiq_app::office::{Problem, Typed, imports as pages};
use taswiq_backend::import::Contents;

use super::{Untaken, Visitor, file, preview};
use crate::failure::Failure;

fn contents(name: &str) -> Result<Contents, Failure> {
    Contents::from_name(name).ok_or(Failure::NotFound)
}

pub async fn show(visitor: Visitor, Path(name): Path<String>) -> Result<Response, Failure> {
    Ok(visitor.page(pages::page(&visitor.desk, contents(&name)?, &[])))
}

pub async fn template(visitor: Visitor, Path(name): Path<String>) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    Ok(file(
        &format!("taswiq-{name}.csv"),
        pages::template(contents(&name)?, &catalogue),
    ))
}

pub async fn check(
    visitor: Visitor,
    Path(name): Path<String>,
    posted: Multipart,
) -> Result<Response, Failure> {
    let contents = contents(&name)?;
    let (bytes, typed) = read(posted).await?;
    if bytes.is_empty() {
        let text = visitor
            .desk
            .words()
            .refusal_field_missing(visitor.desk.words().office_import_file());
        return visitor.again(vec![Problem::at("file", text)].into(), |problems| {
            pages::page(&visitor.desk, contents, problems)
        });
    }
    Ok(preview(
        &visitor,
        looked_at(&visitor, contents, &bytes, &typed, &[]).await?,
    ))
}

pub async fn take_in(
    visitor: Visitor,
    Path(name): Path<String>,
    posted: Multipart,
) -> Result<Response, Failure> {
    let contents = contents(&name)?;
    let (bytes, typed) = read(posted).await?;
    let taken = taken_in(&visitor, contents, &bytes, &typed).await;
    let html = looked_at(
        &visitor,
        contents,
        &bytes,
        &typed,
        taken.as_ref().err().map_or(&[], |untaken| match untaken {
            Untaken::Typed(problems) => problems.as_slice(),
            Untaken::Office(_) => &[],
        }),
    )
    .await?;
    visitor.answer(taken, Done::Imported, &format!("/office/{name}"), |_| html)
}

async fn taken_in(
    visitor: &Visitor,
    contents: Contents,
    bytes: &[u8],
    typed: &Typed,
) -> Result<(), Untaken> {
    let is_first = visitor.office().catalogue().await?.price_lists.is_empty();
    let has_date = contents == Contents::Products && !typed.get("valid_from").is_empty();
    let mut reader = Reader::new(&visitor.desk, typed);
    let valid_from = if has_date {
        reader.valid_from(&visitor.desk, is_first)
    } else {
        visitor.desk.now
    };
    let valid_from = reader.done(valid_from)?;
    visitor
        .office()
        .import_file(visitor.actor(), contents, bytes.to_vec(), valid_from)
        .await?;
    Ok(())
}

/// What the file would do, as a page.
async fn looked_at(
    visitor: &Visitor,
    contents: Contents,
    bytes: &[u8],
    typed: &Typed,
    problems: &[Problem],
) -> Result<String, Failure> {
    let preview = visitor
        .office()
        .check_file(visitor.actor(), contents, bytes)
        .await?;
    let is_first = visitor.office().catalogue().await?.price_lists.is_empty();
    let text = String::from_utf8_lossy(bytes);
    Ok(pages::preview(
        &visitor.desk,
        contents,
        &preview,
        &text,
        typed,
        problems,
        is_first,
    ))
}

/// The file, or what was pasted instead, and the other fields.
pub(super) async fn read(mut posted: Multipart) -> Result<(Vec<u8>, Typed), Failure> {
    let (mut file, mut pasted, mut typed) = (Vec::new(), Vec::new(), Typed::default());
    while let Some(field) = posted.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(unreadable)?;
        match name.as_str() {
            "file" => file = bytes.to_vec(),
            "text" => pasted = bytes.to_vec(),
            _ => typed
                .0
                .push((name, String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
    Ok((if file.is_empty() { pasted } else { file }, typed))
}

fn unreadable(error: axum::extract::multipart::MultipartError) -> Failure {
    Failure::of_status(error.status()).unwrap_or(Failure::Unreadable)
}
