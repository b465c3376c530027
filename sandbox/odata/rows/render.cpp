#include "sandbox/odata/rows/render.h"

#include "sandbox/odata/rows/format.h"
#include "sandbox/web/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace koppla::sandbox::odata {
namespace {

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    out += text;
    out += '"';
}

void append_targets(std::string& out, const Step& step, const db::Cursor& row) {
    if (step.targets.empty()) return;
    const std::string target{step.type_column < 0 ? std::string_view{} : row.text(step.type_column)};
    if (const auto found = step.targets.find(target); found != step.targets.end()) out += found->second;
}

void append_value(std::string& out, const Step& step, const db::Cursor& row) {
    switch (step.kind) {
        case Step::Kind::text:
            append_json_text(out, row.text(step.column));
            return;
        case Step::Kind::integer:
            append_integer(out, row.integer(step.column));
            return;
        case Step::Kind::boolean:
            out += row.integer(step.column) != 0 ? "true" : "false";
            return;
        case Step::Kind::scaled:
            append_scaled(out, row.integer(step.column), step.scale);
            return;
        case Step::Kind::real:
            append_real(out, row.real(step.column));
            return;
        default:
            append_quoted(out, row.text(step.column));
    }
}

/// The formatted value leaves nothing behind where there is none.
void append_format(std::string& out, const Step& step, const db::Cursor& row) {
    if (step.format == Step::Format::none) return;
    const auto size = out.size();
    out += step.format_lead;
    if (!append_formatted(out, step, row)) out.resize(size);
}

/// Annotations may come first in an object, whose first member has no comma.
void append_member(std::string& out, const Step& step, const db::Cursor& row) {
    const bool is_first = out.back() == '{';
    const auto begin = out.size();
    if (row.is_null(step.column)) {
        out += step.lead;
        out += "null";
        return;
    }
    append_format(out, step, row);
    if (step.kind == Step::Kind::lookup) append_targets(out, step, row);
    if (is_first && out.size() > begin) {
        out.erase(begin, 1);
        out += ',';
    }
    out += step.lead;
    append_value(out, step, row);
}

}  // namespace

void append_scaled(std::string& out, std::int64_t value, int scale) {
    if (scale <= 0) {
        append_integer(out, value);
        return;
    }
    std::array<char, 24> buffer{};
    const auto size = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), size);
    std::string_view digits{buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data())};
    const auto behind = static_cast<std::size_t>(scale);
    if (value < 0) out += '-';
    if (digits.size() <= behind) {
        out += "0.";
        out.append(behind - digits.size(), '0');
        out += digits;
        return;
    }
    out += digits.substr(0, digits.size() - behind);
    out += '.';
    out += digits.substr(digits.size() - behind);
}

void append_real(std::string& out, double value) {
    std::array<char, 32> buffer{};
    const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    const std::string_view text{buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data())};
    out += text;
    if (text.find_first_of(".en") == std::string_view::npos) out += ".0";
}

void append_members(std::string& out, const Plan& plan, const db::Cursor& row) {
    out += R"("@odata.etag":"W/\")";
    append_integer(out, row.integer(0));
    out += R"(\"")";
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        const auto& step = plan.steps[i];
        switch (step.kind) {
            case Step::Kind::object_begin:
                out += step.lead;
                if (row.is_null(step.column)) {
                    out += "null";
                    i += step.skip;
                } else {
                    out += '{';
                }
                break;
            case Step::Kind::object_end:
                out += '}';
                break;
            default:
                append_member(out, step, row);
        }
    }
}

void append_row(std::string& out, const Plan& plan, const db::Cursor& row) {
    out += '{';
    append_members(out, plan, row);
    out += '}';
}

}  // namespace koppla::sandbox::odata
