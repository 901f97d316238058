/*! Style, script and icon, part of the binary. */

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;

use crate::error::Problem;

const FILES: &[(&str, &str, &str)] = &[
    ("app.css", "text/css; charset=utf-8", include_str!("../../static/app.css")),
    ("app.js", "text/javascript; charset=utf-8", include_str!("../../static/app.js")),
    ("sessions.css", "text/css; charset=utf-8", include_str!("../../static/sessions.css")),
    ("sessions.js", "text/javascript; charset=utf-8", include_str!("../../static/sessions.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../static/icon.svg")),
];

/// Part of the files' addresses, so that browsers may keep them and still get new ones.
pub static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = hmac_sha256::Hash::new();
    for (_, _, text) in FILES {
        hash.update(text.as_bytes());
    }
    let digest = hash.finalize();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest).chars().take(12).collect()
});

pub async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, _, _)| *file == name) {
        Some((_, kind, text)) => {
            let cache = "public, max-age=31536000, immutable";
            ([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, cache)], *text).into_response()
        }
        None => Problem::not_found().into_response(),
    }
}
