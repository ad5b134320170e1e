/* The front-end half of creator-magic, for JupyterLab 4 and Notebook 7: how JupyterLab finds it.
 *
 * These files are both the source and what is shipped: there is no build. After changing one, run
 * `python labextension/stamp.py`, which puts the hash of them all into package.json.
 *
 * While `%%solve` runs, the kernel says how the generated cells under it shall be, and notebook.js
 * makes the notebook so. cells.js tells which cells are generated, fixed.js which are never to be
 * changed, looks.js draws what is special about the generated ones, offers.js keeps the new versions
 * of cells that the person edited, mendings.js has the person's own cells mended, announcements.js
 * tells screen readers how far a solve is, and commands.js holds what the person can do.
 *
 * A word on the libraries. JupyterLab calls an open notebook file a *context*; it has a `model`
 * (the cells) and a `sessionContext` (the kernel). Two views of one notebook share one context; each
 * is a *panel* with a *widget* for every cell. `sharedModel` is the document below a model: editing
 * it is what typing in the notebook does.
 */
(() => {
  "use strict";

  // What is loaded from here carries the hash that this file was loaded with: browsers keep these
  // files for a year, and a changed one must have a new address.
  const here = new URL(document.currentScript.src);
  const load = (file) => import(new URL(file + here.search, here));

  // What we take from JupyterLab: the name of the command palette's service, dialogs, icons.
  let libraries = {};
  async function library(name) {
    const versions = Object.values(libraries[`@jupyterlab/${name}`] ?? {});
    return versions.length ? (await versions[0].get())() : {};
  }

  async function makePlugin() {
    const [{ Notebook }, { Looks }, { addCommands }] = await Promise.all(
      ["./notebook.js", "./looks.js", "./commands.js"].map(load)
    );
    const [apputils, icons] = await Promise.all(["apputils", "ui-components"].map(library));
    const notebooks = new WeakMap(); // context -> Notebook
    return {
      id: "creator-magic:plugin",
      description: "Puts the cells that %%solve generates into the notebook.",
      autoStart: true,
      optional: apputils.ICommandPalette ? [apputils.ICommandPalette] : [],
      activate: (app, palette) => {
        const looks = new Looks(app, icons);
        addCommands(app, palette, apputils, notebooks);
        app.docRegistry.addWidgetExtension("Notebook", {
          createNew: (panel, context) => {
            if (!notebooks.has(context)) notebooks.set(context, new Notebook(app, context));
            looks.follow(panel, notebooks.get(context));
          },
        });
      },
    };
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["creator-magic"] = {
    init: (shared) => void (libraries = shared),
    get: async () => {
      const plugin = await makePlugin();
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
