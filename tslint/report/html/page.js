(function () {
  "use strict";
  function keep(name, value) {
    try {
      if (value === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch (error) { /* a file of its own may have no storage */ }
    return null;
  }
  var themes = document.querySelectorAll('input[name="theme"]');
  var last = keep("tslint-theme");
  themes.forEach(function (box) {
    if (box.id === last) box.checked = true;
    box.addEventListener("change", function () { keep("tslint-theme", box.id); });
  });
  if (navigator.clipboard) {
    document.querySelectorAll("pre.command").forEach(function (command) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.setAttribute("aria-label", "Copy the command " + command.textContent);
      button.addEventListener("click", function () {
        navigator.clipboard.writeText(command.textContent).then(function () { button.textContent = "Copied"; });
      });
      command.after(button);
    });
  }
  var folded = [];
  window.addEventListener("beforeprint", function () {
    folded = Array.from(document.querySelectorAll("details:not([open])"));
    folded.forEach(function (each) { each.open = true; });
  });
  window.addEventListener("afterprint", function () {
    folded.forEach(function (each) { each.open = false; });
  });
})();
