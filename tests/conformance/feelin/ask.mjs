// Reads [{text, context}] from the standard input, writes what feelin makes of each:
// {value} in plain JSON, or {error}.
import { readFileSync } from 'node:fs';
import { evaluate } from 'feelin';

function plain(value) {
  if (value === undefined || value === null) return null;
  if (typeof value === 'function') return 'function';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object') return value;
  const own = Object.getPrototypeOf(value);
  if (own === Object.prototype || own === null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  if ('start included' in value) {
    const left = value['start included'] ? '[' : '(';
    const right = value['end included'] ? ']' : ')';
    return `${left}${plain(value.start)}..${plain(value.end)}${right}`;
  }
  return String(value);
}

function answer({ text, context }) {
  try {
    return { value: plain(evaluate(text, context).value) };
  } catch (error) {
    return { error: error.message };
  }
}

const questions = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(questions.map(answer)));
