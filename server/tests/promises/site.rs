//! A site to serve where nobody looks at it.

/// The smallest site there is.
pub fn write_site(folder: &std::path::Path) {
    let index = serde_json::json!({
        "build": "b1",
        "release": false,
        "assets": {
            "main.css": "/pkg/main.ab.css",
            "icons.svg": "/pkg/icons.ab.svg",
            "icon.svg": "/pkg/icon.ab.svg",
        },
        "csp": { "script": ["sha256-c2NyaXB0"], "style": ["sha256-c3R5bGU="] },
    });
    for (name, content) in [
        ("assets.json", index.to_string()),
        ("pkg/main.ab.css", "plain".to_owned()),
        ("pkg/main.ab.css.br", "brotli".to_owned()),
        ("pkg/main.ab.css.gz", "gzipped".to_owned()),
        ("shell.html", "the shell".to_owned()),
        ("offline.html", "offline".to_owned()),
        ("sw.js", "// worker".to_owned()),
        ("manifest.fr.webmanifest", "{}".to_owned()),
    ] {
        let path = folder.join("site").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, content).expect("written");
    }
}
