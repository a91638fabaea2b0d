//! P5: how soon a server answers.

use anyhow::Result;

use crate::contender::{pocketbase, taswiq};
use crate::figures::Figures;
use crate::setting::Setting;

/// # Errors
/// When a server does not start.
pub async fn measure(setting: &Setting, figures: &mut Figures) -> Result<()> {
    let company = setting.company(setting.orders, "start").await?;
    let folder = setting.run.join("start");
    std::fs::create_dir_all(&folder)?;
    if let Some(program) = &setting.pocketbase {
        // Its first start makes its tables.
        pocketbase::start(program, &folder, 0)
            .await?
            .process
            .stop()?;
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..setting.rounds() + 2 {
        let process = taswiq::serve(&setting.server, &company).await?;
        ours.push(process.start_ms);
        process.stop()?;
        if let Some(program) = &setting.pocketbase {
            let process = pocketbase::serve(program, &folder).await?;
            theirs.push(process.start_ms);
            process.stop()?;
        }
    }
    let others: &[_] = match setting.pocketbase {
        Some(_) => &[("PocketBase, no orders", theirs)],
        None => &[],
    };
    figures.add("P5", "start", "ms", &ours, others, "");
    Ok(())
}
