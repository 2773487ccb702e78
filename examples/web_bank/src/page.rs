//! Pages: HTML whose values are escaped, and the frame around it.

use std::fmt::{self, Display, Write as _};

use axum::response::{Html as Body, IntoResponse, Response};

/// The name of the bank, as its customers know it.
pub(crate) const BANK: &str = "Fern Bank";

/// HTML that is ready to be sent.
#[derive(Clone, Default)]
pub(crate) struct Html(pub(crate) String);

/// A value in HTML. Text is escaped, HTML is not.
pub(crate) trait Shown {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Shown for Html {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Shown for str {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sign in self.chars() {
            match sign {
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '&' => out.write_str("&amp;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                other => out.write_char(other)?,
            }
        }
        Ok(())
    }
}

impl Shown for String {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().show(out)
    }
}

impl<T: Shown + ?Sized> Shown for &T {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).show(out)
    }
}

impl Shown for usize {
    fn show(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, out)
    }
}

pub(crate) struct Value<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Shown + ?Sized> Display for Value<'_, T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(out)
    }
}

/// Writes HTML. Each value stands behind the text, never inside of it: so it is escaped.
macro_rules! html {
    ($text:literal $(, $value:expr)* $(,)?) => {
        $crate::page::Html(format!($text $(, $crate::page::Value(&$value))*))
    };
}
pub(crate) use html;

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }
}

/// A line at the top of a page, on what just happened.
#[derive(Clone)]
pub(crate) enum Notice {
    Good(String),
    Bad(String),
}

impl Notice {
    pub(crate) fn bad(text: &str) -> Option<Self> {
        Some(Self::Bad(text.to_owned()))
    }

    /// Says the field and the rule that were broken.
    pub(crate) fn refusal(error: &countersign::Error) -> Option<Self> {
        Some(Self::Bad(format!(
            "{}.",
            error.to_string().replace('`', "\"")
        )))
    }

    pub(crate) fn html(notice: Option<&Self>) -> Html {
        match notice {
            None => Html::default(),
            Some(Self::Good(text)) => html!("<p class=good role=status>{}</p>", text),
            Some(Self::Bad(text)) => html!("<p class=bad role=alert>{}</p>", text),
        }
    }
}

/// A page in the bank's frame.
pub(crate) fn page(title: &str, body: &Html) -> Response {
    let whole = html!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\
         <title>{} - {}</title><link rel=stylesheet href=\"/style.css\"></head><body>\
         <header><a class=bank href=\"/\">{}</a><nav><a href=\"/account\">Account</a> <a href=\"/pay\">Pay</a> \
         <a href=\"/agent\">Agent</a> <a href=\"/telephone\">Telephone</a></nav></header>\
         <main><h1>{}</h1>{}</main>\
         <footer>A demonstration. It moves no money.</footer></body></html>",
        title,
        BANK,
        BANK,
        title,
        body
    );
    Body(whole.0).into_response()
}

/// A form that sends the token of its visit along.
pub(crate) fn form(action: &str, token: &str, fields: &Html, button: &str) -> Html {
    html!(
        "<form method=post action=\"{}\"><input type=hidden name=token value=\"{}\">{}<button>{}</button></form>",
        action,
        token,
        fields,
        button
    )
}

/// A field with its label.
pub(crate) fn field(label: &str, name: &str, attributes: &'static str, value: &str) -> Html {
    let attributes = Html(attributes.to_owned());
    html!(
        "<label>{}<input name=\"{}\" value=\"{}\" required {}></label>",
        label,
        name,
        value,
        attributes
    )
}

/// A field for a code.
pub(crate) fn code_field(label: &str) -> Html {
    field(
        label,
        "code",
        "inputmode=numeric autocomplete=one-time-code maxlength=20",
        "",
    )
}

/// A field that is not seen.
pub(crate) fn hidden(name: &str, value: &str) -> Html {
    html!("<input type=hidden name=\"{}\" value=\"{}\">", name, value)
}

pub(crate) const STYLE: &str = include_str!("style.css");
