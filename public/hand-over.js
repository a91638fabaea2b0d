// What the page for hand-over files does better with a script; it is whole without.
//
//   form[data-offline]        without a network the form stays as it is, and says so, instead of an error of the browser
//   form[data-part]           a part of a file that a camera app opened: it is kept until all of them are there
//   .scanner button[data-scan]  reads codes from another phone's screen, where the browser can
//
// The parts are frames, `TQ1.<file>.<number>.<of>.<data>.<check>`; whether they are right is for the server to say.

const KEPT = "taswiq.parts";
const LOOK_EVERY_MS = 150;

const form = document.querySelector("form[data-offline]");
const scanner = form.querySelector(".scanner");
const video = scanner.querySelector("video");
const said = scanner.querySelector("[role=status]");
const scan = scanner.querySelector("[data-scan]");
const again = scanner.querySelector("[data-again]");
const field = form.elements.namedItem("text");
const words = { ...form.dataset, scan: scan.textContent };

form.addEventListener("submit", (event) => {
  if (navigator.onLine) {
    forget();
    return;
  }
  event.preventDefault();
  scanner.hidden = false;
  said.textContent = words.offline;
});

// What was brought is over with its answer; what is half read goes on.
let parts = JSON.parse(localStorage.getItem(KEPT) ?? "null") ?? { file: "", of: 0, frames: {} };

function forget() {
  parts = { file: "", of: 0, frames: {} };
  localStorage.removeItem(KEPT);
}

/** Whether there was anything new in it. */
function take(text) {
  const word = text.trim().split("/").pop().toUpperCase();
  const [form, file, number, of] = word.split(".");
  if (form !== "TQ1" || !(Number(of) >= 1)) return false;
  if (parts.file && (parts.file !== file || parts.of !== Number(of))) {
    said.textContent = words.other;
    again.hidden = false;
    return false;
  }
  if (parts.frames[number]) return false;
  parts.file = file;
  parts.of = Number(of);
  parts.frames[number] = word;
  localStorage.setItem(KEPT, JSON.stringify(parts));
  return true;
}

function isWhole() {
  return parts.of > 0 && Object.keys(parts.frames).length === parts.of;
}

function show() {
  const there = Object.keys(parts.frames).length;
  if (there === 0) return;
  scanner.hidden = false;
  again.hidden = false;
  field.value = Object.values(parts.frames).join("\n");
  const counted = words.counted.replace("{there}", there).replace("{of}", parts.of);
  said.textContent = `${counted} · ${isWhole() ? words.done : words.more}`;
}

again.addEventListener("click", () => {
  forget();
  field.value = "";
  said.textContent = "";
  again.hidden = true;
});

if (form.dataset.part) {
  take(form.dataset.part);
  // The address is that of one part; the page is for all of them.
  history.replaceState(null, "", "/hand-over");
}
field.value = "";
show();

let stream = null;

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  video.hidden = true;
  scan.querySelector("span").textContent = words.scan;
}

async function look(detector) {
  while (stream) {
    // A picture that is not there yet is no failure.
    const codes = await detector.detect(video).catch(() => []);
    for (const code of codes) if (take(code.rawValue)) show();
    if (isWhole()) {
      stop();
      form.querySelector("[type=submit]").focus();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

if ("BarcodeDetector" in window && navigator.mediaDevices) {
  scanner.hidden = false;
  scan.hidden = false;
  scan.addEventListener("click", async () => {
    if (stream) return stop();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
    } catch {
      stop();
      said.textContent = words.noCamera;
      return;
    }
    scan.querySelector("span").textContent = scan.dataset.stop;
    await look(new BarcodeDetector({ formats: ["qr_code"] }));
  });
}
