// <div data-diagram data-xml=URL data-state=URL tabindex=0 aria-label=…> becomes a drawn process
// with what has happened on it. The state is JSON:
//   {"active": [{"id", "count", "title"}],     tokens: where the instance stands
//    "done": [ids], "taken": [flow ids],        history: what was passed
//    "incidents": [{"id", "title"}],            where it hangs
//    "late": [ids],                             active ones past their time
//    "links": {id: url}}                        elements that lead to a page (called processes)
// When drawn the element carries data-ready="true"; when the diagram cannot be read,
// data-ready="error" and a sentence. Clicks are told as event "diagram:select" {id, name, type}.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "./diagram.css";
import { addControls } from "./diagram-controls.js";
import { addTouch } from "./diagram-touch.js";

const TOO_SMALL = 0.45;
const READABLE = 0.6;
const EMPTY = { active: [], done: [], taken: [], incidents: [], late: [], links: {} };

const bubble = (className, text, title) => {
  const node = document.createElement("div");
  node.className = className;
  node.textContent = text;
  node.title = title ?? "";
  return node;
};

function paint(viewer, state) {
  const canvas = viewer.get("canvas");
  const overlays = viewer.get("overlays");
  const registry = viewer.get("elementRegistry");
  const known = (id) => registry.get(id) !== undefined;
  const mark = (ids, marker) => ids.filter(known).forEach((id) => canvas.addMarker(id, marker));

  mark(state.taken, "flow-taken");
  mark(state.done, "element-done");
  mark(state.active.map((one) => one.id), "element-active");
  mark(state.late, "element-late");
  mark(state.incidents.map((one) => one.id), "element-incident");
  mark(Object.keys(state.links), "element-link");
  for (const { id, count, title } of state.active.filter((one) => known(one.id))) {
    overlays.add(id, "token", {
      position: { top: -12, left: -10 },
      html: bubble("diagram-token", String(count ?? 1), title),
    });
  }
  for (const { id, title } of state.incidents.filter((one) => known(one.id))) {
    overlays.add(id, "incident", {
      position: { top: -12, right: 12 },
      html: bubble("diagram-incident", "!", title),
    });
  }
}

function listen(viewer, element, state) {
  viewer.get("eventBus").on("element.click", ({ element: clicked }) => {
    const { id, type, businessObject } = clicked;
    const detail = { id, type, name: businessObject?.name ?? "" };
    element.dispatchEvent(new CustomEvent("diagram:select", { bubbles: true, detail }));
    if (state.links[id]) window.location.assign(state.links[id]);
  });
}

function fit(canvas) {
  canvas.zoom("fit-viewport", "auto");
  canvas.zoom(canvas.zoom() * 0.94, "auto"); // a margin: labels and outlines stick out
}

// Where all of it would be too small to read (a phone), begin at the token instead.
function show(viewer, state) {
  const canvas = viewer.get("canvas");
  fit(canvas);
  const first = [...state.incidents, ...state.active].find(({ id }) => viewer.get("elementRegistry").get(id));
  if (canvas.zoom() >= TOO_SMALL || !first) return;
  canvas.zoom(READABLE, "auto");
  canvas.scrollToElement(first.id, { top: 80, right: 120, bottom: 80, left: 80 });
}

async function get(url, read) {
  const answer = await fetch(url, { headers: { "HX-Request": "true" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return read(answer);
}

async function draw(element) {
  const [xml, state] = await Promise.all([
    get(element.dataset.xml, (answer) => answer.text()),
    element.dataset.state ? get(element.dataset.state, (answer) => answer.json()) : {},
  ]);
  const complete = { ...EMPTY, ...state };
  element.replaceChildren();
  const viewer = new NavigatedViewer({ container: element });
  await viewer.importXML(xml);
  const canvas = viewer.get("canvas");
  show(viewer, complete);
  paint(viewer, complete);
  listen(viewer, element, complete);
  addControls(element, canvas, () => fit(canvas));
  addTouch(element, canvas);
  element.dataset.ready = "true";
}

async function start(element) {
  if (element.dataset.ready) return;
  element.dataset.ready = "drawing";
  try {
    await draw(element);
  } catch (error) {
    element.dataset.ready = "error";
    const note = document.createElement("p");
    note.className = "diagram-failed";
    note.textContent = `流程图画不出来（${error.message}）。请刷新页面重试；其它内容不受影响。`;
    element.replaceChildren(note);
  }
}

// A diagram is drawn when it comes into sight: in a hidden tab it has no size to fit.
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((one) => one.isIntersecting)) {
    seen.unobserve(entry.target);
    start(entry.target);
  }
});

const watch = () =>
  document.querySelectorAll("[data-diagram]:not([data-ready])").forEach((one) => seen.observe(one));

document.addEventListener("diagrams:added", watch);
watch();
