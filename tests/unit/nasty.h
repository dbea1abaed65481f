/* nasty.h - texts that try to be more than text, for every field of every page. */
#ifndef NASTY_H
#define NASTY_H

static const char *const nasty[] = {
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)' x='",
        "\" autofocus onfocus=\"alert(1)",
        "javascript:alert(1)",
        "</title></textarea></style></script><svg/onload=alert(1)>",
        "</pre></details></article></section></main><iframe src=//evil.example>",
        "--><!-- ]]> <![CDATA[ <?xml",
        "&lt;script&gt; &amp;#60; &#x3c;",
        "\x1b[31mred\x1b[0m \x07\x08\x0c",
        "\xff\xfe\xc0\xaf\xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82",
        "abc\xe2\x80\xaegnp.exe\xe2\x80\xac \xe2\x81\xa6x\xe2\x81\xa9 \xf3\xa0\x81\x81",
        "a\xe2\x80\x8b\xe2\x80\x8d\xef\xbb\xbf"
        "b",
        "<a href=\"/\\evil.example\">x</a>",
        "%3Cscript%3E &colon; &NewLine;",
        "<\xc0\xbcscript\xc0\xbe>",
};

#endif
