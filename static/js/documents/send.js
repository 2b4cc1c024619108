// Fields to the portal: the answer to a script, or the page itself where something must be shown and confirmed first.
import { csrfToken } from "../requests.js";

export class Refusal extends Error {}

// The JSON answer. Where who sees what would change, the same fields are sent as a form, so that the page that asks comes.
export async function post(address, fields) {
  let answer;
  try {
    const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
    answer = await fetch(address, { method: "POST", headers, body: new URLSearchParams(fields) });
  } catch {
    throw new Refusal(document.body.dataset.textOffline);
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok && !answer.redirected) return said;
  if (said.code === "confirm") {
    submit(address, fields);
    return new Promise(() => {});
  }
  throw new Refusal(said.detail || said.title || document.body.dataset.textFailed);
}

export function submit(address, fields) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  form.hidden = true;
  for (const [name, value] of [["csrf_token", csrfToken()], ...fields]) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}
