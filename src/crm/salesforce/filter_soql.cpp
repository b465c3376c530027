#include "crm/salesforce/filter_soql.h"

#include "crm/salesforce/query.h"
#include "model/filter/filter_value.h"

#include <optional>

#include <fmt/format.h>

namespace koppla::salesforce {

namespace {

using model::FieldSchema;
using model::Filter;
using model::FilterValue;
using model::Kind;
using model::Operator;

/// In LIKE, '%' and '_' stand for themselves.
std::string literal_text(std::string_view text, bool is_pattern) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '\'':
            case '\\':
                result += '\\';
                result += c;
                break;
            case '\n':
                result += "\\n";
                break;
            case '\r':
                result += "\\r";
                break;
            case '\t':
                result += "\\t";
                break;
            default:
                if (is_pattern && (c == '%' || c == '_')) result += '\\';
                result += c;
        }
    }
    return result;
}

/// "13:00:00.500Z" of a time of day, with or without fraction and Z. An instant of some day has that form
/// too.
std::optional<std::string> time_literal(std::string_view text) {
    const auto instant = parse_instant(fmt::format("2000-01-02T{}{}", text, text.ends_with('Z') ? "" : "Z"));
    if (!instant) return std::nullopt;
    return format_instant(*instant).substr(11);
}

/// A field that the schema doesn't have may be a parent's: "Account.Owner.Name".
bool is_path(std::string_view name) {
    while (true) {
        const std::size_t dot = name.find('.');
        if (!is_identifier(name.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

std::string_view symbol(Operator op) {
    switch (op) {
        case Operator::is:
        case Operator::is_empty:
            return "=";
        case Operator::is_not:
        case Operator::is_not_empty:
            return "!=";
        case Operator::less:
            return "<";
        case Operator::at_most:
            return "<=";
        case Operator::greater:
            return ">";
        case Operator::at_least:
            return ">=";
        default:
            return "";
    }
}

class Compiler {
  public:
    Compiler(const model::ObjectSchema& object, Instant now) : object_{object}, now_{now} {}

    // NOLINTNEXTLINE(misc-no-recursion): as deep as the parser allows
    Result<std::string> condition(const Filter& filter) const {
        if (filter.form == Filter::Form::comparison) return comparison(filter);
        if (filter.form == Filter::Form::negation)
            return fmt::format("NOT ({})", TRY(condition(filter.parts.front())));
        std::string joined;
        for (const Filter& part : filter.parts) {
            if (!joined.empty()) joined += filter.form == Filter::Form::all ? " AND " : " OR ";
            joined += fmt::format("({})", TRY(condition(part)));
        }
        return joined;
    }

  private:
    Result<std::string> comparison(const Filter& filter) const {
        const FieldSchema* const field = object_.find(filter.field);
        if (field == nullptr && !is_path(filter.field))
            return error(ErrorKind::invalid, fmt::format("'{}' can't be the name of a field", filter.field));
        if (field != nullptr && !field->is_filterable)
            return refuse(filter,
                          "Salesforce can't filter by this field; filter by another, or afterwards in SQL");
        const std::string& name = field == nullptr ? filter.field : field->name;
        switch (filter.op) {
            case Operator::is_empty:
            case Operator::is_not_empty:
                return fmt::format("{} {} null", name, symbol(filter.op));
            case Operator::in:
            case Operator::not_in:
                return list(filter, field, name);
            case Operator::contains:
            case Operator::starts_with:
                return pattern(filter, field, name);
            default:
                break;
        }
        const bool is_order = filter.op != Operator::is && filter.op != Operator::is_not;
        const Kind kind = field == nullptr ? Kind::text : field->type.kind;
        if (is_order && (kind == Kind::boolean || kind == Kind::identifier || kind == Kind::reference ||
                         kind == Kind::enumerations)) {
            return refuse(filter,
                          fmt::format("a field of kind {} has no order; use is or in", model::name(kind)));
        }
        return fmt::format("{} {} {}", name, symbol(filter.op),
                           TRY(literal(filter, field, filter.values.front())));
    }

    Result<std::string> list(const Filter& filter, const FieldSchema* field, const std::string& name) const {
        std::string values;
        for (const FilterValue& value : filter.values) {
            values += fmt::format("{}{}", values.empty() ? "" : ",", TRY(literal(filter, field, value)));
        }
        const bool is_in = filter.op == Operator::in;
        if (field != nullptr && field->type.kind == Kind::enumerations)
            return fmt::format("{} {} ({})", name, is_in ? "INCLUDES" : "EXCLUDES", values);
        return fmt::format("{} {} ({})", name, is_in ? "IN" : "NOT IN", values);
    }

    Result<std::string> pattern(const Filter& filter, const FieldSchema* field,
                                const std::string& name) const {
        const FilterValue& value = filter.values.front();
        const Kind kind = field == nullptr ? Kind::text : field->type.kind;
        if (value.kind == FilterValue::Kind::relative) return refuse(filter, "a moment is no part of a text");
        if (filter.op == Operator::contains && kind == Kind::enumerations)
            return fmt::format("{} INCLUDES ('{}')", name, literal_text(value.text, false));
        if (kind != Kind::text && kind != Kind::enumeration)
            return refuse(filter, fmt::format("only texts are searched, and this field is of kind {}",
                                              model::name(kind)));
        return fmt::format("{} LIKE '{}{}%'", name, filter.op == Operator::contains ? "%" : "",
                           literal_text(value.text, true));
    }

    Result<std::string> literal(const Filter& filter, const FieldSchema* field,
                                const FilterValue& value) const {
        if (field == nullptr) return as_written(value);
        const auto wrong = [&] {
            return refuse(filter, fmt::format("'{}' is no value of a field of kind {}", value.text,
                                              model::name(field->type.kind)));
        };
        switch (field->type.kind) {
            case Kind::boolean:
            case Kind::integer:
            case Kind::decimal:
            case Kind::date:
            case Kind::instant:
                break;
            case Kind::time: {
                auto time = time_literal(value.text);
                if (!time) return wrong();
                return std::move(*time);
            }
            default:
                if (value.kind == FilterValue::Kind::relative)
                    return refuse(filter, "a moment is no value of it");
                return fmt::format("'{}'", literal_text(value.text, false));
        }
        // What JSON could only give as a text.
        const auto read =
            value.kind == FilterValue::Kind::text ? model::unquoted_value(value.text) : std::optional{value};
        if (!read) return wrong();
        using ValueKind = FilterValue::Kind;
        if (field->type.kind == Kind::boolean) {
            if (read->kind != ValueKind::boolean) return wrong();
            return read->text;
        }
        if (field->type.kind == Kind::date || field->type.kind == Kind::instant) {
            const auto moment = read->instant(now_);
            if (!moment) return wrong();
            const std::string text = format_instant(*moment);
            return field->type.kind == Kind::date ? text.substr(0, 10) : text;
        }
        if (read->kind != ValueKind::number) return wrong();
        return read->text;
    }

    [[nodiscard]] std::string as_written(const FilterValue& value) const {
        if (value.kind == FilterValue::Kind::text)
            return fmt::format("'{}'", literal_text(value.text, false));
        return value.kind == FilterValue::Kind::relative ? format_instant(value.relative.at(now_))
                                                         : value.text;
    }

    [[nodiscard]] Error refuse(const Filter& filter, std::string_view why) const {
        return error(ErrorKind::unsupported,
                     fmt::format("the filter '{}' on {}: {}", model::to_text(filter), object_.name, why));
    }

    const model::ObjectSchema& object_;
    const Instant now_;
};

}  // namespace

Result<std::string> soql_condition(const model::Filter& filter, const model::ObjectSchema& object,
                                   Instant now) {
    return Compiler{object, now}.condition(filter);
}

}  // namespace koppla::salesforce
