// One run of an agent whose model and tools are all behind the gateway, and what the program that
// started it gets to see. `Order` in program.py tells the members of an order.
import {
  Agent,
  MCPServerStreamableHttp,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  run,
  setTracingDisabled,
} from '@openai/agents';
import OpenAI from 'openai';

import { customerTools } from './customers.mjs';
import { localTools } from './local.mjs';

// The exporter of traces would call api.openai.com past the gateway.
setTracingDisabled(true);

export async function carryOut(order) {
  const seen = { pieces: [], events: [], answers: [], called: [], asked: [] };
  const outcome = { said: null, error: null, ...seen };
  let token = order.token;
  const authorized = withToken(() => token);
  const server = order.path === null ? null : toolServer(order, authorized);
  try {
    await server?.connect();
    const agent = new Agent({
      name: order.model,
      instructions: 'Look after the customers.',
      model: model(order, () => token, () => {
        token = order.later_token ?? token;
      }),
      mcpServers: server ? [server] : [],
      tools: [
        ...(order.api ? customerTools(order, authorized, outcome.answers) : []),
        ...(order.local ? localTools(outcome.called) : []),
      ],
    });
    outcome.said = await (order.streamed ? streamed : whole)(agent, order, outcome);
  } catch (error) {
    const { message, code, status, refusal } = error;
    outcome.error = { name: error.constructor.name, message, code, status, refusal };
  } finally {
    await server?.close();
  }
  return outcome;
}

function withToken(token) {
  return (url, init = {}) => {
    const headers = new Headers(init.headers);
    if (token()) headers.set('authorization', `Bearer ${token()}`);
    return fetch(url, { ...init, headers });
  };
}

function toolServer(order, authorized) {
  const headers = order.wait === null ? {} : { 'x-gatehouse-wait': String(order.wait) };
  return new MCPServerStreamableHttp({
    url: `${order.gateway}${order.path}`,
    fetch: authorized,
    requestInit: { headers },
    ...(order.patience === null ? {} : { timeout: order.patience * 1000 }),
  });
}

function model(order, token, answered) {
  const client = new OpenAI({
    baseURL: `${order.gateway}/v1`,
    apiKey: async () => token(),
    defaultHeaders: order.headers,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      answered();
      return response;
    },
  });
  return new (order.chat ? OpenAIChatCompletionsModel : OpenAIResponsesModel)(client, order.model);
}

async function whole(agent, order, outcome) {
  let result = await run(agent, order.prompt);
  while (result.interruptions.length > 0) {
    for (const call of result.interruptions) {
      outcome.asked.push(call.name);
      if (order.agree) result.state.approve(call);
      else result.state.reject(call);
    }
    result = await run(agent, result.state);
  }
  return result.finalOutput;
}

async function streamed(agent, order, outcome) {
  const result = await run(agent, order.prompt, { stream: true });
  for await (const event of result) {
    if (event.type !== 'raw_model_stream_event') continue;
    outcome.events.push(JSON.stringify(event.data));
    if (event.data.type === 'output_text_delta') outcome.pieces.push(event.data.delta);
  }
  await result.completed;
  return result.finalOutput;
}
