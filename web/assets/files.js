// <fieldset data-file-field="NAME"> inside a form that carries a ticket (input _files): each chosen,
// dropped or photographed file is sent at once, with its progress; the form then sends ids. A file
// that is taken stands in [data-file-list] with a button that removes it.
import { csrfToken } from "./csrf.js";

const size = (bytes) =>
  bytes >= 1_048_576 ? `${(bytes / 1_048_576).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} KB`;

class FileField {
  constructor(field) {
    this.field = field;
    this.name = field.dataset.fileField;
    this.form = field.form;
    this.list = field.querySelector("[data-file-list]");
    this.bar = field.querySelector("progress");
    this.status = field.querySelector("[data-file-status]");
    this.queue = [];
    const input = field.querySelector(`input[type=file]:not([data-file-camera])`);
    if (!input) return;
    this.many = input.multiple;
    // The browser's own words for it are in the browser's language.
    field.querySelector("[data-file-button]").hidden = false;
    input.className = "visually-hidden";
    for (const one of field.querySelectorAll("input[type=file]")) {
      one.removeAttribute("name"); // what is chosen is sent here, not with the form
      one.addEventListener("change", () => {
        this.take([...one.files]);
        one.value = "";
      });
    }
    for (const item of this.list.children) this.removable(item);
    this.droppable();
  }

  droppable() {
    const mark = (on) => (event) => {
      event.preventDefault();
      this.field.classList.toggle("drop-over", on);
    };
    this.field.addEventListener("dragenter", mark(true));
    this.field.addEventListener("dragover", mark(true));
    this.field.addEventListener("dragleave", mark(false));
    this.field.addEventListener("drop", (event) => {
      mark(false)(event);
      this.take([...event.dataTransfer.files]);
    });
  }

  take(files) {
    if (!this.many && files.length + this.queue.length + this.list.children.length > 1) {
      this.say("只能附一个文件，请先移除已有的。", true);
      return;
    }
    this.queue.push(...files);
    if (!this.sending) this.next();
  }

  next() {
    const file = this.queue.shift();
    this.sending = Boolean(file);
    this.hold(this.sending);
    if (!file) return;
    const body = new FormData();
    body.append("_files", this.form.elements._files.value);
    body.append("field", this.name);
    body.append("file", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", "/uploads");
    request.setRequestHeader("X-CSRF-Token", csrfToken());
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (sent) => this.progress(file, sent));
    request.addEventListener("load", () => this.done(file, request));
    request.addEventListener("error", () => this.failed(file, "网络不通，没有送达，请重新选择"));
    this.say(`正在上传 ${file.name}（${size(file.size)}）…`);
    request.send(body);
  }

  progress(file, sent) {
    if (!sent.lengthComputable) return;
    this.bar.max = sent.total;
    this.bar.value = sent.loaded;
    const part = Math.round((100 * sent.loaded) / sent.total);
    this.say(part < 100 ? `正在上传 ${file.name}：${part}%` : `${file.name} 已上传，正在检查…`);
  }

  done(file, request) {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      // a page: of a proxy, or of what is not about files
    }
    if (request.status === 201) {
      this.add(answer);
      this.say(`已附上 ${answer.name}`);
      this.next();
    } else if (answer.problem) {
      this.failed(file, answer.problem);
    } else {
      const known = { 413: "太大，超过上限", 429: "上传太频繁，请稍后再试", 401: "登录已过期，请重新登录" };
      this.failed(file, known[request.status] ?? `没有收下（${request.status}），请重试`);
    }
  }

  failed(file, why) {
    this.queue = [];
    this.next();
    this.say(why.includes(file.name) ? why : `${file.name}：${why}`, true);
  }

  add({ id, name, size: bytes }) {
    const item = document.createElement("li");
    const box = Object.assign(document.createElement("input"), {
      type: "checkbox", name: this.name, value: id, checked: true,
    });
    const text = document.createElement("span");
    text.textContent = `${name}（${size(bytes)}）`;
    item.append(box, text);
    this.list.append(item);
    this.removable(item);
    this.changed();
  }

  removable(item) {
    const box = item.querySelector("input");
    if (!box || box.disabled) return;
    box.hidden = true;
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "btn btn-sm", textContent: "移除",
    });
    button.setAttribute("aria-label", `移除 ${item.textContent.trim()}`);
    button.addEventListener("click", () => this.remove(item, box.value));
    item.append(button);
  }

  remove(item, id) {
    const body = new URLSearchParams({ _files: this.form.elements._files.value, id });
    // What does not get there is dropped with the form, which no longer names it.
    fetch("/uploads/remove", { method: "POST", headers: { "X-CSRF-Token": csrfToken() }, body }).catch(() => {});
    item.remove();
    this.say("");
    this.changed();
    this.field.querySelector("input[type=file]").focus();
  }

  changed() {
    const marker = this.field.querySelector("input[type=hidden]");
    marker.dispatchEvent(new Event("change", { bubbles: true }));
    this.form.dispatchEvent(new Event("input", { bubbles: true })); // the draft follows
  }

  hold(on) {
    this.bar.hidden = !on;
    if (!on) this.bar.value = 0;
    this.field.setAttribute("aria-busy", String(on));
    for (const button of this.form.querySelectorAll("button[type=submit]")) button.disabled = on;
  }

  say(text, bad = false) {
    this.status.textContent = text;
    this.status.classList.toggle("text-danger", bad);
  }
}

export function startFiles(root) {
  const fields = [...root.querySelectorAll("[data-file-field]")];
  if (root.matches?.("[data-file-field]")) fields.push(root);
  for (const field of fields) {
    if (field.fileField || !field.form?.elements._files) continue;
    field.fileField = new FileField(field);
  }
}
