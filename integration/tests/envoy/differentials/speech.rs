/*! The protocols a row is sent in: how each carries it, and how each says no. */

use integration::{Call, Response};
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    Mcp2025,
    Mcp2026,
    Responses,
    Chat,
    Http,
    /// MCP, and plain JSON, where the route does not say what it speaks.
    AutoMcp,
    AutoHttp,
}

impl Speech {
    pub(super) const ALL: [Self; 7] = [
        Self::Mcp2025,
        Self::Mcp2026,
        Self::Responses,
        Self::Chat,
        Self::Http,
        Self::AutoMcp,
        Self::AutoHttp,
    ];
    pub(super) const MCP: [Self; 3] = [Self::Mcp2025, Self::Mcp2026, Self::AutoMcp];
    pub(super) const MODEL: [Self; 2] = [Self::Responses, Self::Chat];

    pub(super) fn is_mcp(self) -> bool {
        Self::MCP.contains(&self)
    }

    pub(super) fn path(self, mark: &str) -> String {
        match self {
            Self::Mcp2025 | Self::Mcp2026 => format!("/mcp/{mark}/place"),
            Self::Responses => format!("/openai/{mark}/place/v1/responses"),
            Self::Chat => format!("/openai/{mark}/place/v1/chat/completions"),
            Self::Http => format!("/http/{mark}/place"),
            Self::AutoMcp | Self::AutoHttp => format!("/auto/{mark}/place"),
        }
    }

    /// A call without body and content type.
    pub(super) fn bare(self, path: &str) -> Call {
        let call = Call::post(path);
        match self {
            Self::Mcp2025 => call.header("mcp-protocol-version", "2025-11-25"),
            Self::Mcp2026 | Self::AutoMcp => call
                .header("mcp-protocol-version", "2026-07-28")
                .header("mcp-method", "tools/call")
                .header("mcp-name", "run"),
            Self::Responses | Self::Chat | Self::Http | Self::AutoHttp => call,
        }
    }

    pub(super) fn call(self, path: &str) -> Call {
        self.bare(path).header("content-type", "application/json")
    }

    /// An object of that text, where rules look for it.
    pub(super) fn body(self, object: &[u8]) -> Vec<u8> {
        let (before, after) = match self {
            Self::Mcp2025 | Self::Mcp2026 | Self::AutoMcp => (
                r#"{"jsonrpc":"2.0","id":"7\u0041","method":"tools/call","params":{"name":"run","arguments":"#,
                "}}",
            ),
            Self::Responses => (r#"{"model":"m","input":"hi","metadata":"#, "}"),
            Self::Chat => {
                (r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"metadata":"#, "}")
            }
            Self::Http | Self::AutoHttp => (r#"{"metadata":"#, "}"),
        };
        [before.as_bytes(), object, after.as_bytes()].concat()
    }

    /// A whole answer with that value where what came back stands.
    pub(super) fn answer(self, value: &[u8]) -> Vec<u8> {
        let (before, after) = match self {
            Self::Mcp2025 | Self::Mcp2026 | Self::AutoMcp => (
                r#"{"jsonrpc":"2.0","id":"7\u0041","result":{"content":[{"type":"text","text":"kept"}],"isError":false,"structuredContent":"#,
                "}}",
            ),
            Self::Responses => (
                r#"{"object":"response","output":[{"type":"message","content":[{"type":"output_text","text":"kept","annotations":["#,
                "]}]}]}",
            ),
            Self::Chat => (
                r#"{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"kept","annotations":["#,
                "]}}]}",
            ),
            Self::Http | Self::AutoHttp => (r#"{"note":"kept","more":"#, "}"),
        };
        [before.as_bytes(), value, after.as_bytes()].concat()
    }

    pub(super) fn rule(self, of: &str) -> String {
        match of {
            "sink" | "amount" => {
                format!("{of}-{}", if self.is_mcp() { "arguments" } else { "body" })
            }
            _ => of.to_owned(),
        }
    }

    /// Before anybody knows what is asked.
    pub(super) fn is_refusal(
        self,
        answer: &Response,
        status: u16,
        reason: &str,
    ) -> Result<(), String> {
        same("status", &answer.status, &status)?;
        same("reason", &answer.reason().as_deref(), &Some(reason))?;
        let body = json(answer)?;
        let error = &body["error"];
        match self {
            Self::Mcp2025 | Self::Mcp2026 => {
                same("jsonrpc", &body["jsonrpc"], &"2.0".into())?;
                let code = error["code"].as_i64().unwrap_or_default();
                // Those two are a lost connection and a timeout to clients, which try again.
                let plain = (-32768..=-32002).contains(&code);
                same("a code that nobody repeats", &plain, &true)?;
                same("reason", &error["data"]["gatehouse/decision"], &reason.into())
            }
            Self::Responses | Self::Chat => {
                same("code", &error["code"], &format!("gatehouse_{reason}").into())?;
                same("retry", &answer.header("x-should-retry").as_deref(), &Some("false"))
            }
            // What speaks for MCP may be a lie where nothing was read.
            Self::AutoMcp if error["code"].is_number() => Ok(()),
            Self::Http | Self::AutoMcp | Self::AutoHttp => {
                same("code", &error["code"], &reason.into())
            }
        }
    }

    /// By a rule, which it names.
    pub(super) fn is_denial(
        self,
        answer: &Response,
        reason: &str,
        rule: &str,
    ) -> Result<(), String> {
        same("reason", &answer.reason().as_deref(), &Some(reason))?;
        let body = json(answer)?;
        let text = match self {
            Self::Mcp2025 | Self::Mcp2026 | Self::AutoMcp => {
                same("status", &answer.status, &200)?;
                // As the client wrote it: it waits for no other.
                same("id", &answer.text().contains(r#""id":"7\u0041","#), &true)?;
                same("isError", &body["result"]["isError"], &true.into())?;
                let decision = &body["result"]["_meta"]["gatehouse/decision"];
                same("decision", decision, &reason.into())?;
                &body["result"]["content"][0]["text"]
            }
            Self::Responses | Self::Chat => {
                same("status", &answer.status, &403)?;
                let code = if reason == "denied" { "blocked" } else { reason };
                same("code", &body["error"]["code"], &format!("gatehouse_{code}").into())?;
                same("retry", &answer.header("x-should-retry").as_deref(), &Some("false"))?;
                &body["error"]["message"]
            }
            Self::Http | Self::AutoHttp => {
                same("status", &answer.status, &403)?;
                same("code", &body["error"]["code"], &reason.into())?;
                same("rule", &body["error"]["rule"], &rule.into())?;
                &body["error"]["message"]
            }
        };
        let begins = format!("Blocked by policy {rule}: ");
        same("text", &text.as_str().is_some_and(|text| text.starts_with(&begins)), &true)?;
        same("quotes", &answer.text().contains("prod"), &false)
    }
}

fn json(answer: &Response) -> Result<Value, String> {
    serde_json::from_slice(&answer.message.body).map_err(|_| "no JSON".to_owned())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, wanted: &T) -> Result<(), String> {
    if is == wanted { Ok(()) } else { Err(format!("{what} is {is:?}, wanted {wanted:?}")) }
}
