#include "sandbox/web/form.h"

#include "sandbox/base64.h"
#include "sandbox/route.h"

namespace koppla::sandbox {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '"')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '"')) text.remove_suffix(1);
    return text;
}

/// `name` of `…; name="value"`.
std::string_view attribute(std::string_view header, std::string_view name) {
    while (true) {
        const auto semicolon = header.find(';');
        if (semicolon == std::string_view::npos) return {};
        header.remove_prefix(semicolon + 1);
        const auto piece = trimmed(header.substr(0, header.find(';')));
        const auto equals = piece.find('=');
        if (equals != std::string_view::npos && equal_words(piece.substr(0, equals), name))
            return trimmed(piece.substr(equals + 1));
    }
}

/// The text fields of multipart/form-data. [RFC 7578]
std::map<std::string, std::string, std::less<>> read_parts(std::string_view body, std::string_view boundary) {
    std::map<std::string, std::string, std::less<>> fields;
    const auto delimiter = "--" + std::string{boundary};
    while (true) {
        const auto begin = body.find(delimiter);
        if (begin == std::string_view::npos) return fields;
        body.remove_prefix(begin + delimiter.size());
        const auto blank = body.find("\r\n\r\n");
        const auto end = body.find("\r\n" + delimiter);
        if (blank == std::string_view::npos || end == std::string_view::npos || end < blank + 4) continue;
        auto head = body.substr(0, blank);
        const auto disposition = head.find("form-data");
        if (disposition == std::string_view::npos) continue;
        head.remove_prefix(disposition);
        const auto name = attribute(head.substr(0, head.find("\r\n")), "name");
        fields.emplace(name, body.substr(blank + 4, end - blank - 4));
    }
}

}  // namespace

Form Form::of_query(std::string_view query) {
    Form form;
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        form.fields_.emplace(http::percent_decode(pair.substr(0, equals)),
                             http::percent_decode(pair.substr(std::min(equals + 1, pair.size()))));
    }
    return form;
}

Form Form::of(const http::Request& request) {
    const auto type = request.headers.find("Content-Type").value_or("");
    Form form;
    if (equal_words(type.substr(0, type.find(';')), "multipart/form-data"))
        form.fields_ = read_parts(request.body, attribute(type, "boundary"));
    else
        form = of_query(request.body);
    form.add_basic(request);
    return form;
}

void Form::add_basic(const http::Request& request) {
    const auto header = request.headers.find("Authorization");
    if (!header || header->size() < 6 || !equal_words(header->substr(0, 6), "Basic ")) return;
    const auto decoded = base64_decode(trimmed(header->substr(6)));
    if (!decoded) return;
    const auto colon = decoded->find(':');
    if (colon == std::string::npos) return;
    fields_.emplace("client_id", http::percent_decode(decoded->substr(0, colon)));
    fields_.emplace("client_secret", http::percent_decode(decoded->substr(colon + 1)));
}

}  // namespace koppla::sandbox
