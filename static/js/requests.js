// htmx: no eval, no inline styles, the CSRF token on each request, errors as toasts.
import htmx from "htmx.org";
import { toast } from "./toast.js";

Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  // Forms that came back with errors are 422: they are swapped in like an answer.
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true },
    { code: "[45]..", swap: false, error: true },
  ],
});

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
});
document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  const said = sentenceOf(responseText);
  const { textExpired, textFailed } = document.body.dataset;
  toast(said ?? (status === 400 || status === 401 || status === 419 ? textExpired : textFailed), { tone: "bad" });
});
document.addEventListener("htmx:sendError", () => toast(document.body.dataset.textOffline, { tone: "bad" }));

// A 422 is a form with its errors, or one sentence of refusal: that one must not take the place of what is on the page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  const said = xhr.status === 422 && sentenceOf(xhr.responseText);
  if (!said) return;
  event.detail.shouldSwap = false;
  toast(said, { tone: "bad" });
});

// The sentence of a refusal: a JSON problem (RFC 9457) or the fragment errors/_fragment.html.
export function sentenceOf(text) {
  if (text.trimStart().startsWith("{")) {
    try {
      return JSON.parse(text).detail;
    } catch {
      return undefined;
    }
  }
  if (!text.includes("data-sentence")) return undefined;
  return new DOMParser().parseFromString(text, "text/html").querySelector("[data-sentence]")?.textContent.trim();
}

// A form is sent once: the button that sent it is busy until the next page comes (or the reader comes back to this one).
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.method === "get") return;
  if (form.dataset.sending === "true") return event.preventDefault();
  form.dataset.sending = "true";
  event.submitter?.setAttribute("aria-busy", "true");
  // An answer that is a download brings no new page: the form comes back by itself.
  setTimeout(() => settle(document), 8000);
});
function settle(root) {
  for (const form of root.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
  for (const button of root.querySelectorAll('button[aria-busy="true"]')) button.removeAttribute("aria-busy");
}
window.addEventListener("pageshow", () => settle(document));
document.addEventListener("htmx:afterRequest", () => settle(document));
