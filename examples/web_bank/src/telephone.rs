//! The telephones of this demonstration, with all messages, and the apps of the customer and the agent that everybody may play.

use std::sync::Arc;

use axum::extract::State;

use crate::bank::Bank;
use crate::clock::hour;
use crate::demo;
use crate::failure::Answer;
use crate::page::{BANK, Html, html, page};
use crate::tables::Tables;

pub(crate) async fn telephone(State(bank): State<Arc<Bank>>) -> Answer {
    let messages = bank.tables.call(Tables::messages).await?;
    let list: Html = messages
        .iter()
        .map(|message| {
            html!(
                "<li class=message><span class=soft>To {}, {}</span><br>{}</li>",
                message.number,
                hour(message.at.unsigned_abs()),
                message.text
            )
        })
        .collect();
    let list = match messages.len() {
        0 => html!("<p class=soft>No message yet.</p>"),
        _ => html!("<ul>{}</ul>", list),
    };
    let app = demo::app()?;
    let code = app.code_at(bank.now()?);
    let uri = app.key_uri(BANK, demo::NUMBER)?;
    let picture = uri.qr_svg()?;
    let mia = demo::agent_app()?.code_at(bank.now()?);
    let body = html!(
        "<p class=soft>A real bank has no such page: messages go to a gateway, and apps are their owners'.</p>\
         <h2>Messages</h2>{}<h2>The app of {}, customer <span class=whole>{}</span></h2><p class=big id=app>{}</p>\
         <p>To have it in an app of your own, scan this:</p><div class=qr>{}</div><p class=soft><code>{}</code></p>\
         <p class=soft>Her answers: {}.</p><h2>The app of {}, agent <span class=whole>{}</span></h2><p class=big id=agent-app>{}</p>",
        list,
        demo::NAME,
        demo::NUMBER,
        code.expose_text(),
        Html(picture.expose_text().to_owned()),
        uri.expose_text(),
        demo::ANSWERS.join(", "),
        demo::AGENT_NAME,
        demo::AGENT,
        mia.expose_text()
    );
    Ok(page("Telephone", &body))
}
