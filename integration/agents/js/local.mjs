// Tools that run in the agent, where no gateway sees them called. Each adds its name and what it was
// given to the list.
import { tool } from '@openai/agents';

export function localTools(called) {
  const parameters = {
    type: 'object',
    properties: { what: { type: 'string' } },
    required: ['what'],
    additionalProperties: false,
  };
  return ['wipe_disk', 'pay'].map((name) => {
    const execute = ({ what }) => {
      called.push(`${name} ${what}`);
      return 'done';
    };
    return tool({ name, description: 'A tool.', parameters, execute });
  });
}
