#include "crm/refusal.h"

#include "base/result.h"

#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

namespace koppla {

namespace {

constexpr std::size_t refusal_bytes_max = std::size_t{1} << 20;

}  // namespace

Meaning meaning_of_status(int status) {
    switch (status) {
        case 401:
            return {"", ErrorKind::denied, "the access token was refused"};
        case 403:
            return {"", ErrorKind::denied, "give the user the permission, or leave it out"};
        case 404:
            return {"", ErrorKind::not_found, "it isn't there, or the user can't see it"};
        case 405:
        case 501:
            return {"", ErrorKind::unsupported, ""};
        case 408:
            return {"", ErrorKind::unavailable, "it took too long; try again"};
        case 409:
        case 412:
            return {"", ErrorKind::conflict, ""};
        case 414:
        case 431:
            return {"", ErrorKind::invalid, "the request is too long: use fewer fields or a shorter filter"};
        case 429:
            return {"", ErrorKind::throttled, "try again later"};
        default:
            break;
    }
    if (status >= 500) return {"", ErrorKind::unavailable, "the CRM failed; try again"};
    if (status >= 300 && status < 400)
        return {"", ErrorKind::invalid, "look at 'server': it points elsewhere"};
    return {"", ErrorKind::invalid, ""};
}

Meaning meaning_of(std::span<const Meaning> table, std::string_view symbol, int status) {
    const auto known = std::ranges::find(table, symbol, &Meaning::symbol);
    return symbol.empty() || known == table.end() ? meaning_of_status(status) : *known;
}

Complaint login_complaint_of(std::string_view body) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (body.size() > refusal_bytes_max ||
        parser.parse(simdjson::padded_string{body.data(), body.size()}).get(root) != simdjson::SUCCESS) {
        return {};
    }
    const auto text = [&](std::string_view name) {
        std::string_view value;
        return root[name].get(value) == simdjson::SUCCESS ? std::string{value} : std::string{};
    };
    return {.symbol = text("error"), .text = text("error_description")};
}

Error refusal(int status, const Complaint& complaint, const Meaning& meaning, std::string_view attempted) {
    std::string message = fmt::format("{} failed", attempted);
    if (!complaint.text.empty()) message += fmt::format(": {}", shown(complaint.text));
    message += complaint.symbol.empty() ? fmt::format(" (HTTP {})", status)
                                        : fmt::format(" ({}, HTTP {})", shown(complaint.symbol), status);
    if (!meaning.advice.empty()) message += fmt::format("; {}", meaning.advice);
    // A URL that is too long is recognised by its status, whatever words come with it.
    const bool is_named = !complaint.symbol.empty() && status != 414 && status != 431;
    return error(meaning.kind, std::move(message),
                 is_named ? shown(complaint.symbol) : fmt::format("HTTP {}", status));
}

bool is_web_page(std::string_view body) {
    const auto start = body.find_first_not_of(" \t\r\n\xef\xbb\xbf");
    return start != std::string_view::npos && body[start] == '<';
}

Error web_page_error(std::string_view attempted) {
    return error(ErrorKind::unavailable,
                 fmt::format("{} failed: a web page came instead of data; a proxy may stand between, "
                             "'server' may not be the API's address, or the CRM is under maintenance",
                             attempted),
                 "HTML");
}

std::string shown(std::string_view text) {
    constexpr std::size_t bytes_max = 500;
    std::string result{text.substr(0, bytes_max)};
    // A character that the bound cuts in two would make the message invalid UTF-8.
    while (text.size() > bytes_max && !result.empty() &&
           (static_cast<unsigned char>(result.back()) & 0x80U) != 0) {
        const bool is_lead = (static_cast<unsigned char>(result.back()) & 0x40U) != 0;
        result.pop_back();
        if (is_lead) break;
    }
    for (char& c : result) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return text.size() > bytes_max ? result + "…" : result;
}

}  // namespace koppla
