#include "sandbox/soql/render.h"

#include "sandbox/web/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace koppla::sandbox::soql {

namespace {

constexpr std::string_view utc_in_json = "+0000";

void append_json_number(std::string& out, const Step& step, const db::Cursor& row) {
    if (row.is_null(step.column)) {
        out += step.storage == Storage::boolean ? "false" : "null";
    } else if (step.storage == Storage::boolean) {
        out += row.integer(step.column) != 0 ? "true" : "false";
    } else if (step.storage == Storage::integer) {
        append_integer(out, row.integer(step.column));
    } else {
        append_double(out, row.real(step.column));
    }
}

/// What a picklist shows instead of its values; of a multi-select one, of each.
void append_labels(std::string& out, const Field& field, std::string_view values) {
    std::string labels;
    while (true) {
        const std::size_t end = field.type == "multipicklist" ? values.find(';') : std::string_view::npos;
        const std::string_view value = values.substr(0, end);
        const auto entry = std::find_if(field.picklist.begin(), field.picklist.end(),
                                        [&](const PicklistValue& each) { return each.value == value; });
        labels += entry == field.picklist.end() ? value : std::string_view{entry->label};
        if (end == std::string_view::npos) break;
        labels += ';';
        values.remove_prefix(end + 1);
    }
    append_json_text(out, labels);
}

void append_json_value(std::string& out, const Step& step, const db::Cursor& row) {
    if (step.storage == Storage::boolean || step.storage == Storage::integer ||
        step.storage == Storage::real) {
        append_json_number(out, step, row);
        return;
    }
    const std::string_view text = row.text(step.column);
    if (text.data() == nullptr) {
        out += "null";
    } else if (!step.parts.empty()) {
        const Step& record = step.parts.front();
        out += '"';
        out += step.attributes;
        out += row.text(record.column);
        out += record.lead;
        out += '"';
    } else if (step.labels != nullptr) {
        append_labels(out, *step.labels, text);
    } else if (step.storage == Storage::datetime) {
        out += '"';
        out += text.substr(0, text.size() - 1);
        out += utc_in_json;
        out += '"';
    } else {
        append_json_text(out, text);
    }
}

void append_json_compound(std::string& out, const Step& compound, const db::Cursor& row) {
    bool is_null = true;
    for (const Step& part : compound.parts) is_null = is_null && row.is_null(part.column);
    if (is_null) {
        out += "null";
        return;
    }
    for (const Step& part : compound.parts) {
        out += part.lead;
        append_json_value(out, part, row);
    }
    out += '}';
}

void append_csv_text(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const void* const quote = std::memchr(text.data(), '"', text.size());
        if (quote == nullptr) break;
        const auto length = static_cast<std::size_t>(static_cast<const char*>(quote) - text.data()) + 1;
        out += text.substr(0, length);
        out += '"';
        text.remove_prefix(length);
    }
    out += text;
    out += '"';
}

void append_csv_cell(std::string& out, const Step& step, const db::Cursor& row) {
    switch (step.storage) {
        case Storage::boolean:
            out += row.integer(step.column) != 0 ? "\"true\"" : "\"false\"";
            return;
        case Storage::integer:
        case Storage::real:
            out += '"';
            if (!row.is_null(step.column)) {
                if (step.storage == Storage::integer) {
                    append_integer(out, row.integer(step.column));
                } else {
                    append_double(out, row.real(step.column));
                }
            }
            out += '"';
            return;
        case Storage::date:
        case Storage::datetime:
            out += '"';
            out += row.text(step.column);
            out += '"';
            return;
        default:
            append_csv_text(out, row.text(step.column));
            return;
    }
}

/// TYPEOF: the branch of the object that the reference points to; null where none is meant for it.
void append_json_type_of(std::string& out, const Step& step, const db::Cursor& row) {
    const std::string_view id = row.text(step.column);
    for (const Step& branch : step.parts) {
        if (!id.starts_with(branch.lead) || row.is_null(branch.column)) continue;
        out += branch.attributes;
        out += id;
        out += "\"}";
        for (const Step& part : branch.parts) {
            out += part.lead;
            if (part.kind == Step::Kind::compound) {
                append_json_compound(out, part, row);
            } else {
                append_json_value(out, part, row);
            }
        }
        out += '}';
        return;
    }
    out += "null";
}

void append_json_children(std::string& out, const ChildRecords& children, std::string_view id) {
    const auto found = children.find(std::string{id});
    if (found == children.end()) {
        out += "null";
        return;
    }
    out += R"({"totalSize":)";
    append_integer(out, static_cast<std::int64_t>(found->second.size()));
    out += R"(,"done":true,"records":[)";
    for (std::size_t i = 0; i < found->second.size(); ++i) {
        if (i != 0) out += ',';
        out += found->second[i];
    }
    out += "]}";
}

std::string_view line_end(const ExportOptions& options) {
    return options.line_ending == LineEnding::crlf ? "\r\n" : "\n";
}

}  // namespace

void append_double(std::string& out, double number) {
    if (number == 0) {
        out += "0.0";
        return;
    }
    std::array<char, 48> buffer{};
    const double size = std::abs(number);
    const bool is_plain = size >= 1e-3 && size < 1e7;
    const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                       is_plain ? std::chars_format::fixed : std::chars_format::scientific);
    const std::string_view text{buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data())};
    if (is_plain) {
        out += text;
        if (text.find('.') == std::string_view::npos) out += ".0";
        return;
    }
    const std::size_t e = text.find('e');
    out += text.substr(0, e);
    if (text.substr(0, e).find('.') == std::string_view::npos) out += ".0";
    int exponent = 0;
    std::string_view power = text.substr(e + 1);
    if (power.front() == '+') power.remove_prefix(1);
    std::from_chars(power.data(), power.data() + power.size(), exponent);
    out += 'E';
    append_integer(out, exponent);
}

void append_json_aggregate(std::string& out, const Plan& plan, const db::Cursor& row) {
    out += R"({"attributes":{"type":"AggregateResult"})";
    for (const Step& step : plan.steps) {
        out += step.lead;
        append_json_value(out, step, row);
    }
    out += '}';
}

void append_json_row(std::string& out, const Plan& plan, const db::Cursor& row,
                     std::span<const ChildRecords> children) {
    out += plan.attributes;
    out += row.text(0);
    out += "\"}";
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        const Step& step = plan.steps[i];
        out += step.lead;
        switch (step.kind) {
            case Step::Kind::value:
                append_json_value(out, step, row);
                break;
            case Step::Kind::compound:
                append_json_compound(out, step, row);
                break;
            case Step::Kind::type_of:
                append_json_type_of(out, step, row);
                break;
            case Step::Kind::children:
                append_json_children(out, children[static_cast<std::size_t>(step.column)], row.text(0));
                break;
            case Step::Kind::parent_end:
                out += '}';
                break;
            case Step::Kind::parent_begin:
                if (row.is_null(step.column)) {
                    out += "null";
                    i += step.skip - 1;
                } else {
                    out += step.attributes;
                    out += row.text(step.column);
                    out += "\"}";
                }
                break;
        }
    }
    out += '}';
}

void append_csv_row(std::string& out, const Plan& plan, const db::Cursor& row, const ExportOptions& options) {
    for (std::size_t i = 0; i < plan.cells.size(); ++i) {
        if (i != 0) out += options.delimiter;
        append_csv_cell(out, plan.cells[i], row);
    }
    out += line_end(options);
}

std::string csv_header(const Plan& plan, const ExportOptions& options) {
    std::string header;
    for (std::size_t i = 0; i < plan.columns.size(); ++i) {
        if (i != 0) header += options.delimiter;
        append_csv_text(header, plan.columns[i].name);
    }
    return header.append(line_end(options));
}

}  // namespace koppla::sandbox::soql
