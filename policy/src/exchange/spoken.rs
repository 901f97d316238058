/*! What a call asks for in its protocol, and a model proposes in its answer, in the words of a record. */

use crate::answer::ProposedCall;
use crate::engine::Engine;
use crate::protocol::{McpCall, Member, ModelTool};
use crate::record::{McpRecord, ModelRecord, ProposedRecord, SqlRecord};

use super::judge::Model;
use super::masked_target::mask_target;
use super::masked_text::{cut, mask_text};

/// Bytes of a name.
const NAME_MAX: usize = 200;
/// URIs of a message that names more than one.
const RESOURCES_MAX: usize = 16;
const TOOLS_MAX: usize = 64;

fn name(engine: &Engine, name: &str) -> String {
    cut(&mask_text(engine, name), NAME_MAX).to_owned()
}

pub fn mcp(engine: &Engine, call: &McpCall) -> McpRecord {
    let named = |text: &Option<String>| text.as_deref().map(|text| name(engine, text));
    let uri = |uri: &String| cut(&mask_target(engine, uri), NAME_MAX).to_owned();
    McpRecord {
        method: mask_text(engine, &call.method),
        tool: call.tool.as_deref().map(|tool| mask_text(engine, tool)),
        prompt: named(&call.prompt),
        resources: call.resources.iter().take(RESOURCES_MAX).map(uri).collect(),
        client: named(&call.client),
        client_version: named(&call.client_version),
        protocol_version: named(&call.protocol_version),
    }
}

pub fn model(engine: &Engine, model: &Model) -> ModelRecord {
    let tool = |tool: &ModelTool| match (&tool.name, &tool.kind) {
        (Member::Text(own), _) | (_, Member::Text(own)) => name(engine, own),
        _ => "unknown".to_owned(),
    };
    ModelRecord {
        models: model.request.models.iter().take(TOOLS_MAX).map(|own| name(engine, own)).collect(),
        stream: model.stream,
        tools: model.request.tools.iter().take(TOOLS_MAX).map(tool).collect(),
    }
}

pub fn sql(engine: &Engine, text: &SqlRecord) -> SqlRecord {
    let tables = text.tables.iter().map(|table| name(engine, table)).collect();
    SqlRecord { tables, ..text.clone() }
}

pub fn proposed(engine: &Engine, call: &ProposedCall) -> ProposedRecord {
    let ProposedCall { tool, effect, rules } = call;
    ProposedRecord { tool: name(engine, tool), effect: *effect, rules: rules.clone() }
}
