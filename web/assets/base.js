// What every page loads: the look, htmx with the settings our content security policy asks for,
// and the small behaviours that pages switch on by data attributes.
import "@tabler/core/dist/css/tabler.min.css";
import "./app.css";
import "./pages.css";
import "./knowledge.css";
import "./board.css";
import "@tabler/core/dist/js/tabler.esm.min.js";
import htmx from "htmx.org";
import { startConditions } from "./conditions.js";
import { csrfToken } from "./csrf.js";
import { startCountdowns } from "./countdown.js";
import { startDrafts } from "./draft.js";
import { startLive } from "./live.js";
import { startFiles } from "./files.js";
import { startUploads } from "./upload.js";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.attributesToSettle = ["class", "width", "height"]; // not style: our policy forbids it
htmx.config.historyCacheSize = 0; // pages with personal data are not kept in localStorage
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "409|413|422", swap: true }, // answers a person must read
  { code: "[45]..", swap: false, error: true },
];

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = csrfToken();
});

// Anything else that went wrong is said in the page's one place for it.
const say = (text) => {
  const place = document.querySelector("[data-page-error]");
  if (!place) return;
  place.textContent = text;
  place.hidden = false;
};
document.addEventListener("htmx:sendError", () => say("网络不通，刚才的操作没有送达，请重试。"));
document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  const answer = new DOMParser().parseFromString(responseText, "text/html");
  const said = answer.querySelector("[data-page-error]")?.textContent;
  say(said || `操作没有完成（${status}），请重试；若仍不行，请联系管理员。`);
});
document.addEventListener("htmx:beforeRequest", () => {
  const place = document.querySelector("[data-page-error]");
  if (place) place.hidden = true;
});

// Rows and other containers that lead somewhere: data-href makes the whole surface clickable;
// the link inside stays what the keyboard and screen readers use.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-href]");
  if (!row || event.target.closest("a, button, input, label, select, textarea")) return;
  if (window.getSelection()?.toString()) return;
  window.location.assign(row.dataset.href);
});

htmx.onLoad((root) => {
  startCountdowns(root);
  startConditions(root, (element) => htmx.process(element));
  startDrafts(root);
  startLive(root, (element) => htmx.process(element));
  startFiles(root);
  startUploads(root, (element) => htmx.process(element));
  if (root.querySelector("[data-diagram]") || root.matches?.("[data-diagram]")) {
    document.dispatchEvent(new CustomEvent("diagrams:added"));
  }
});
