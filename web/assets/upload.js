// <form data-upload data-limit-bytes="20971520" action=… enctype="multipart/form-data"> sends its
// files with a progress bar and puts the answer into data-upload-target (a selector). Inside:
// [data-drop] takes dropped files, [data-upload-files] lists what was chosen, <progress> shows
// how far, [data-upload-status] says what is going on. Without this module the form still posts.
import { csrfToken } from "./csrf.js";

const size = (bytes) =>
  bytes >= 1_048_576 ? `${(bytes / 1_048_576).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} KB`;

class Upload {
  constructor(form, swapped) {
    this.form = form;
    this.swapped = swapped;
    this.input = form.querySelector("input[type=file]");
    this.bar = form.querySelector("progress");
    this.status = form.querySelector("[data-upload-status]");
    this.list = form.querySelector("[data-upload-files]");
    this.input.addEventListener("change", () => this.chosen());
    form.addEventListener("submit", (event) => this.submit(event));
    const drop = form.querySelector("[data-drop]");
    if (drop) this.accept(drop);
  }

  accept(drop) {
    const mark = (on) => (event) => {
      event.preventDefault();
      drop.classList.toggle("drop-over", on);
    };
    drop.addEventListener("dragenter", mark(true));
    drop.addEventListener("dragover", mark(true));
    drop.addEventListener("dragleave", mark(false));
    drop.addEventListener("drop", (event) => {
      mark(false)(event);
      this.input.files = event.dataTransfer.files;
      this.chosen();
    });
  }

  chosen() {
    const files = [...this.input.files];
    this.list?.replaceChildren(...files.map((file) => {
      const item = document.createElement("li");
      item.textContent = `${file.name}（${size(file.size)}）`;
      return item;
    }));
    this.say(this.tooLarge() ?? "");
  }

  tooLarge() {
    const limit = Number(this.form.dataset.limitBytes ?? Infinity);
    const total = [...this.input.files].reduce((sum, file) => sum + file.size, 0);
    return total > limit ? `所选文件共 ${size(total)}，超过上限 ${size(limit)}，请减少文件后再上传。` : null;
  }

  submit(event) {
    event.preventDefault();
    const refused = this.input.files.length ? this.tooLarge() : "请先选择文件。";
    if (refused) {
      this.say(refused, true);
      return;
    }
    const request = new XMLHttpRequest();
    request.open("POST", event.submitter?.getAttribute("formaction") ?? this.form.action);
    request.setRequestHeader("X-CSRF-Token", csrfToken());
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (sent) => this.progress(sent));
    request.addEventListener("load", () => this.done(request));
    request.addEventListener("error", () => this.end("网络不通，文件没有送达，请重试。", true));
    this.busy(true);
    this.say("正在上传…");
    request.send(new FormData(this.form, event.submitter));
  }

  progress(sent) {
    if (!this.bar || !sent.lengthComputable) return;
    this.bar.max = sent.total;
    this.bar.value = sent.loaded;
    if (sent.loaded === sent.total) this.say("已上传，正在检查…");
  }

  done(request) {
    const target = document.querySelector(this.form.dataset.uploadTarget);
    const redirect = request.getResponseHeader("HX-Redirect");
    if (redirect) {
      window.location.assign(redirect);
    } else if (request.responseText && target && (request.status < 300 || [409, 413, 422].includes(request.status))) {
      target.innerHTML = request.responseText;
      this.swapped(target);
      this.end("");
      target.scrollIntoView({ block: "nearest" });
    } else {
      this.end(`上传没有完成（${request.status}），请重试。`, true);
    }
  }

  end(text, bad = false) {
    this.busy(false);
    this.say(text, bad);
  }

  busy(on) {
    if (this.bar) this.bar.hidden = !on;
    for (const button of this.form.querySelectorAll("button")) button.disabled = on;
    this.form.setAttribute("aria-busy", String(on));
  }

  say(text, bad = false) {
    if (!this.status) return;
    this.status.textContent = text;
    this.status.classList.toggle("text-danger", bad);
  }
}

export function startUploads(root, swapped) {
  const forms = [...root.querySelectorAll("form[data-upload]")];
  if (root.matches?.("form[data-upload]")) forms.push(root);
  for (const form of forms) {
    if (form.uploader) continue;
    form.uploader = new Upload(form, swapped);
  }
}
