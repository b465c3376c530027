#include "crm/dynamics/batch_body.h"

#include "base/ascii.h"
#include "crm/codec/json_writing.h"
#include "crm/refusal.h"
#include "http/message.h"
#include "model/utf8.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla::dynamics {

namespace {

constexpr std::string_view part_opening =
    "--batch_koppla\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n";

constexpr std::string_view guid_shape = "00000000-0000-0000-0000-000000000000";

/// Appends a GUID in lower case; false where the text is none.
bool append_guid(std::string& to, std::string_view text) {
    if (text.size() != guid_shape.size()) return false;
    for (std::size_t i = 0; i < guid_shape.size(); ++i) {
        const char c = lower(text[i]);
        const bool fits = guid_shape[i] == '-' ? c == '-' : is_digit(c) || (c >= 'a' && c <= 'f');
        if (!fits) return false;
        to += c;
    }
    return true;
}

/// "2026-11-01T10:00:00.000Z" without thousandths that say nothing, and with the Z that Dynamics wants.
void append_moment(std::string& to, std::string_view text) {
    std::string_view rest = text;
    if (rest.ends_with('Z')) rest.remove_suffix(1);
    constexpr std::string_view nothing = ".000";
    if (rest.ends_with(nothing)) rest.remove_suffix(nothing.size());
    to += '"';
    to += rest;
    to += "Z\"";
}

bool is_moment(std::string_view text) {
    return text.size() >= 19 && text[4] == '-' && text[10] == 'T' && std::ranges::all_of(text, [](char c) {
               return is_digit(c) || c == '-' || c == ':' || c == '.' || c == 'T' || c == 'Z';
           });
}

bool is_list_of_codes(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return is_digit(c) || c == ';' || c == '-'; });
}

std::string not_a(std::string_view text, std::string_view what) {
    return fmt::format("'{}' is no {}", model::valid_utf8(shown(text)), what);
}

std::string_view verb_of(const WriteLayout& layout) {
    if (layout.operation == WriteOperation::remove) return "DELETE";
    return layout.key_column ? "PATCH" : "POST";
}

/// What stands between the address and the body of every operation.
std::string headers_of(const WriteLayout& layout) {
    std::string headers = " HTTP/1.1\r\n";
    if (layout.operation == WriteOperation::remove) return headers + "\r\n";
    headers += "Content-Type: application/json\r\n";
    // Without one of these a PATCH makes what isn't there, and changes what is.
    if (layout.operation == WriteOperation::update) headers += "If-Match: *\r\n";
    if (layout.operation == WriteOperation::insert && layout.key_column) headers += "If-None-Match: *\r\n";
    if (layout.wants_id()) headers += "Prefer: return=representation\r\n";
    const bool is_allowed = layout.duplicates == Duplicates::allow;
    headers += fmt::format("MSCRM.SuppressDuplicateDetection: {}\r\n\r\n", is_allowed);
    return headers;
}

}  // namespace

void SentRow::set_id(std::string_view id) {
    has_guid = id.size() == guid.size();
    if (has_guid) std::ranges::copy(id, guid.begin());
}

BatchBody::BatchBody(const WriteLayout& layout, std::string_view root) : layout_{layout} {
    before_key_ = fmt::format("{}{} {}{}", part_opening, verb_of(layout), root, layout.set);
    if (layout.key_column) {
        before_key_ += '(';
        after_key_ = ")";
    }
    if (layout.wants_id()) after_key_ += fmt::format("?$select={}", layout.id_name);
    after_key_ += headers_of(layout);
    question_ = fmt::format("{}GET {}{}(", part_opening, root, layout.set);
}

void BatchBody::clear() {
    text_.clear();
    sent_.clear();
}

std::optional<BatchBody::Unfit> BatchBody::add(const WriteRows& rows, std::size_t row) {
    const std::size_t before = text_.size();
    SentRow sent{.number = rows.numbers[row]};
    text_ += before_key_;
    std::optional<Unfit> unfit;
    if (layout_.key_column) unfit = add_key(rows.batch.cell(*layout_.key_column, row), sent);
    text_ += after_key_;
    if (!unfit && layout_.operation != WriteOperation::remove) unfit = add_members(rows, row);
    if (unfit) {
        text_.resize(before);
        return unfit;
    }
    text_ += "\r\n";
    sent_.push_back(sent);
    return std::nullopt;
}

void BatchBody::add_question(const SentRow& row) {
    text_ += question_;
    text_ += row.id();
    text_ += fmt::format(")?$select={} HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n", layout_.id_name);
    sent_.push_back(row);
}

std::string BatchBody::finished() const {
    return fmt::format("{}--{}--\r\n", text_, boundary);
}

std::optional<BatchBody::Unfit> BatchBody::add_key(const model::Cell& cell, SentRow& sent) {
    const std::string_view field = layout_.fields[*layout_.key_column];
    if (!cell.is_text() || cell.size == 0)
        return Unfit{.message = fmt::format("the key '{}' is empty", field), .field = field};
    const std::size_t begin = text_.size();
    std::string why = add_address_key(layout_.key, cell.text());
    if (!why.empty()) return Unfit{.message = std::move(why), .field = field};
    if (layout_.key.name.empty()) sent.set_id(std::string_view{text_}.substr(begin));
    return std::nullopt;
}

std::optional<BatchBody::Unfit> BatchBody::add_members(const WriteRows& rows, std::size_t row) {
    char before = '{';
    for (const WriteMember& member : layout_.members) {
        const model::Cell& cell = rows.batch.cell(member.column, row);
        if (cell.state == model::Cell::State::absent) continue;
        text_ += before;
        before = ',';
        if (!cell.is_text()) {
            text_ += member.null;
            continue;
        }
        text_ += member.opening;
        std::string why = member.form == WriteForm::reference ? add_reference(member, cell.text())
                                                              : add_value(member, cell.text());
        if (!why.empty()) return Unfit{.message = std::move(why), .field = layout_.fields[member.column]};
    }
    text_ += before == '{' ? "{}" : "}";
    return std::nullopt;
}

/// Appends a value; what is wrong with it where it can't stand in a request, or empty.
std::string BatchBody::add_value(const WriteMember& member, std::string_view text) {
    switch (member.form) {
        case WriteForm::number:
            if (!is_json_number(text)) return not_a(text, "number");
            text_ += text;
            return {};
        case WriteForm::boolean:
            if (text != "true" && text != "false") return not_a(text, "yes or no");
            text_ += text;
            return {};
        case WriteForm::choices:
            if (!is_list_of_codes(text)) return not_a(text, "list of a choice's codes");
            text_ += '"';
            for (const char c : text) text_ += c == ';' ? ',' : c;
            text_ += '"';
            return {};
        case WriteForm::instant:
        case WriteForm::wall_clock:
            if (!is_moment(text)) return not_a(text, "date and time");
            append_moment(text_, text);
            return {};
        case WriteForm::guid:
            text_ += '"';
            if (!append_guid(text_, text)) return not_a(text, "GUID");
            text_ += '"';
            return {};
        default:
            break;
    }
    if (!model::is_plain_ascii(text) && model::utf8_fault(text)) return "the text is not valid UTF-8";
    append_json_text(text_, text);
    return {};
}

std::string BatchBody::add_reference(const WriteMember& member, std::string_view text) {
    std::string why = add_address_key(member.parent, text);
    text_ += ")\"";
    return why;
}

std::string BatchBody::add_address_key(const AddressKey& key, std::string_view text) {
    if (key.name.empty()) return append_guid(text_, text) ? std::string{} : not_a(text, "GUID");
    text_ += key.name;
    text_ += '=';
    if (key.form == WriteForm::number) {
        if (!is_json_number(text)) return not_a(text, "number");
        text_ += text;
        return {};
    }
    if (model::utf8_fault(text)) return "the key is not valid UTF-8";
    // Quotes within are doubled. [OData URL Conventions 4.0, 5.1.1.6.1]
    text_ += '\'';
    while (true) {
        const auto quote = text.find('\'');
        text_ += http::percent_encode(text.substr(0, quote));
        if (quote == std::string_view::npos) break;
        text_ += "%27%27";
        text.remove_prefix(quote + 1);
    }
    text_ += '\'';
    return {};
}

}  // namespace koppla::dynamics
