#include "sandbox/odata/cookie.h"

#include "base/ascii.h"
#include "http/message.h"
#include "sandbox/web/markup.h"

#include <charconv>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

/// As the service encodes cookies: lower-case escapes.
std::string encoded(std::string_view text) {
    auto encoded = http::percent_encode(text);
    for (std::size_t i = 0; i + 2 < encoded.size(); ++i)
        if (encoded[i] == '%') {
            encoded[i + 1] = lower(encoded[i + 1]);
            encoded[i + 2] = lower(encoded[i + 2]);
        }
    return encoded;
}

bool is_guid(std::string_view text) {
    return text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-';
}

/// A value in a mark's attribute: GUIDs as {UPPER}, numbers with a letter before them.
std::string shown(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::format("#{}", *number);
    if (const auto* number = std::get_if<double>(&value)) return fmt::format("~{}", *number);
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return "!";
    if (!is_guid(*text)) return "=" + *text;
    std::string upper = "{";
    for (const char c : *text) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return upper + "}";
}

std::optional<Value> read_shown(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const auto rest = text.substr(1);
    switch (text.front()) {
        case '!':
            return Value{};
        case '=':
            return Value{std::string{rest}};
        case '{':
            return Value{lower(rest.substr(0, rest.find('}')))};
        case '#': {
            std::int64_t number = 0;
            const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), number);
            return read.ec == std::errc{} ? std::optional{Value{number}} : std::nullopt;
        }
        case '~': {
            double number = 0;
            const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), number);
            return read.ec == std::errc{} ? std::optional{Value{number}} : std::nullopt;
        }
        default:
            return std::nullopt;
    }
}

std::string unescaped(std::string_view markup) {
    static constexpr std::pair<std::string_view, char> entities[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
    std::string text;
    while (!markup.empty()) {
        bool is_entity = false;
        for (const auto& [name, c] : entities) {
            if (!markup.starts_with(name)) continue;
            text += c;
            markup.remove_prefix(name.size());
            is_entity = true;
            break;
        }
        if (is_entity) continue;
        text += markup.front();
        markup.remove_prefix(1);
    }
    return text;
}

/// The attribute's value, raw; nothing where it is missing.
std::optional<std::string_view> attribute(std::string_view element, std::string_view name) {
    const auto begin = element.find(fmt::format(" {}=\"", name));
    if (begin == std::string_view::npos) return std::nullopt;
    const auto value = element.substr(begin + name.size() + 3);
    const auto end = value.find('"');
    if (end == std::string_view::npos) return std::nullopt;
    return value.substr(0, end);
}

std::optional<std::int64_t> page_number(std::string_view outer) {
    const auto text = attribute(outer, "pagenumber").value_or("");
    std::int64_t page = 0;
    std::from_chars(text.data(), text.data() + text.size(), page);
    return page > 1 ? std::optional{page} : std::nullopt;
}

}  // namespace

std::string skip_token(const Cookie& cookie) {
    auto inner = fmt::format("<cookie page=\"{}\">", cookie.page - 1);
    for (const auto& mark : cookie.marks)
        inner += fmt::format("<{} last=\"{}\" first=\"{}\" />", mark.name, markup_escaped(shown(mark.last)),
                             markup_escaped(shown(mark.first)));
    inner += "</cookie>";
    if (!cookie.tracking.empty()) inner += "!" + cookie.tracking;
    // The inner cookie is encoded for its attribute, and with the attribute for the link.
    auto paging_cookie = encoded(inner);
    std::string twice;
    for (const char c : paging_cookie) twice += c == '%' ? "%25" : std::string{c};
    return fmt::format("%3Ccookie%20pagenumber=%22{}%22%20pagingcookie=%22{}%22%20istracking=%22{}%22%20/%3E",
                       cookie.page, twice, cookie.tracking.empty() ? "False" : "True");
}

std::optional<Cookie> read_skip_token(std::string_view text) {
    const auto page = page_number(text);
    const auto paging_cookie = attribute(text, "pagingcookie");
    if (!page || !paging_cookie) return std::nullopt;
    const auto inner = http::percent_decode(*paging_cookie);
    Cookie cookie{.page = *page};
    const auto end = inner.find("</cookie>");
    if (end == std::string::npos) return std::nullopt;
    if (end + 10 <= inner.size()) cookie.tracking = inner.substr(end + 10);
    auto rest = std::string_view{inner}.substr(0, end);
    while (true) {
        const auto begin = rest.find('<');
        if (begin == std::string_view::npos) break;
        const auto close = std::min(rest.find('>', begin), rest.size());
        const auto element = rest.substr(begin + 1, close - begin - 1);
        rest.remove_prefix(close);
        const auto name = element.substr(0, element.find(' '));
        if (name == "cookie") continue;
        const auto last = read_shown(unescaped(attribute(element, "last").value_or("")));
        if (!last) return std::nullopt;
        cookie.marks.push_back(Cookie::Mark{.name = std::string{name}, .last = *last});
    }
    if (cookie.marks.empty()) return std::nullopt;
    return cookie;
}

}  // namespace koppla::sandbox::odata
