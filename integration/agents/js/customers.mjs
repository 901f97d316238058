// Tools of the agent's own that ask a plain HTTP API behind the gateway. The model reads the body
// of every answer, whatever its status.
import { tool } from '@openai/agents';

export function customerTools({ gateway, wait, agree }, authorized, answers) {
  const headers = wait === null ? {} : { 'x-gatehouse-wait': String(wait) };
  async function ask(method, path, content) {
    const body = content && JSON.stringify(content);
    const response = await authorized(`${gateway}/api${path}`, { method, headers, body });
    const text = await response.text();
    answers.push({ status: response.status, headers: Object.fromEntries(response.headers), text });
    return text;
  }
  const id = { type: 'number' };
  const sql = { type: 'string' };
  return [
    define('read_customer', { id }, (input) => ask('GET', `/customers/${input.id}`)),
    define('delete_customer', { id }, (input) => ask('DELETE', `/customers/${input.id}`)),
    define('query_db', { sql }, (input) => ask('POST', '/query', input)),
  ].map((definition) => tool({ ...definition, needsApproval: agree !== null }));
}

function define(name, properties, execute) {
  const required = Object.keys(properties);
  const parameters = { type: 'object', properties, required, additionalProperties: false };
  return { name, description: name.replace('_', ' '), parameters, execute };
}
