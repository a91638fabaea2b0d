// Runs in the head, before the first paint: only what the first paint needs. Written for the oldest
// browser that may open the page, so that even one that cannot run the rest is told so in its language.
(function () {
  var shell = JSON.parse(document.getElementById("assets").textContent);
  var page = document.documentElement;
  var kept = function (name) {
    var cookie = new RegExp("(?:^|; )" + name + "=([a-z-]+)").exec(document.cookie);
    if (cookie) return cookie[1];
    try {
      return localStorage.getItem(name);
    } catch (refused) {
      return null;
    }
  };
  var code = kept("lang");
  if (!shell.languages[code]) code = {{reference}};
  var theme = kept("theme");
  page.lang = code;
  page.dir = shell.languages[code].dir;
  if (theme === "light" || theme === "dark") page.dataset.theme = theme;
  // Nothing lies on this phone yet, so this start takes long: the skeleton says why.
  if (!navigator.serviceWorker || !navigator.serviceWorker.controller) page.dataset.arrives = "";
  var link = function (rel, href, more) {
    var element = document.createElement("link");
    element.rel = rel;
    element.href = href;
    for (var name in more) element.setAttribute(name, more[name]);
    return document.head.appendChild(element);
  };
  // Put in by script, so that the skeleton is painted while the sheet is on its way.
  link("stylesheet", shell.assets["main.css"], { id: "main-style" });
  link("preload", shell.languages[code].locale, { as: "fetch", crossorigin: "" });
  var area = /^\/coop(\/|$)/.test(location.pathname) ? "coop." : "";
  link("manifest", "/manifest." + area + code + ".webmanifest");
})();
