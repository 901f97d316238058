/*! The request that is answered. What its answer offers or proposes is judged as calls that come from there. */

use std::sync::Arc;

use crate::bundle::Bundle;
use crate::call::Call;
use crate::protocol::McpCall;
use crate::sections::RouteSections;

/// Who asks and where.
pub struct Asker {
    pub bundle: Arc<Bundle>,
    /// Without its body.
    pub call: Call,
    /// As rules see it.
    pub path: String,
    pub host: String,
    pub sections: RouteSections,
    pub mcp: Option<McpCall>,
    /// The route says that it speaks MCP.
    pub said: bool,
    /// When it was judged, in Unix seconds.
    pub now: u64,
}
