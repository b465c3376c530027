#include "crm/odata/filter.h"

#include "base/ascii.h"
#include "model/filter/filter_value.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace koppla::odata {

namespace {

using model::FieldSchema;
using model::Filter;
using model::FilterValue;
using model::Kind;
using model::Operator;

/// What is compared with what: a field as requests name it, and what is known of it.
struct Subject {
    const FieldSchema* field = nullptr;  ///< nothing where the schema doesn't hold it
    std::string name;
    Kind kind = Kind::text;
};

/// Which truth is wanted: a negation is carried down to the comparisons, where empty values can be added.
enum class Wanted { holds, fails };

constexpr Wanted other(Wanted wanted) {
    return wanted == Wanted::holds ? Wanted::fails : Wanted::holds;
}

std::string_view symbol(Operator op, Wanted wanted) {
    const bool holds = wanted == Wanted::holds;
    switch (op) {
        case Operator::is:
        case Operator::is_empty:
            return holds ? "eq" : "ne";
        case Operator::is_not:
        case Operator::is_not_empty:
            return holds ? "ne" : "eq";
        case Operator::less:
            return holds ? "lt" : "ge";
        case Operator::at_most:
            return holds ? "le" : "gt";
        case Operator::greater:
            return holds ? "gt" : "le";
        case Operator::at_least:
            return holds ? "ge" : "lt";
        default:
            return "";
    }
}

/// In SQL's LIKE these stand for other characters; in brackets for themselves.
std::string without_wildcards(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const bool is_wild = c == '%' || c == '_' || c == '[';
        result += is_wild ? fmt::format("[{}]", c) : std::string{c};
    }
    return result;
}

/// "value" of a list of a query function: JSON.
std::string in_double_quotes(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20) {
            result += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
            continue;
        }
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"';
}

std::string or_empty(std::string condition, std::string_view name) {
    return fmt::format("({} or {} eq null)", condition, name);
}

/// "13:00:00.500" of a time of day, with or without fraction and Z.
std::optional<std::string> time_literal(std::string_view text) {
    const auto instant = parse_instant(fmt::format("2000-01-02T{}{}", text, text.ends_with('Z') ? "" : "Z"));
    if (!instant) return std::nullopt;
    return format_instant(*instant).substr(11, 12);
}

class Compiler {
  public:
    Compiler(const model::ObjectSchema& object, Instant now, Dialect dialect)
        : object_{object}, now_{now}, dialect_{dialect} {}

    // NOLINTNEXTLINE(misc-no-recursion): as deep as the parser allows
    [[nodiscard]] Result<std::string> condition(const Filter& filter, Wanted wanted) const {
        if (filter.form == Filter::Form::comparison) return comparison(filter, wanted);
        if (filter.form == Filter::Form::negation) return condition(filter.parts.front(), other(wanted));
        const bool is_all = (filter.form == Filter::Form::all) == (wanted == Wanted::holds);
        std::string joined;
        for (const Filter& part : filter.parts) {
            if (!joined.empty()) joined += is_all ? " and " : " or ";
            joined += fmt::format("({})", TRY(condition(part, wanted)));
        }
        return joined;
    }

  private:
    [[nodiscard]] Result<Subject> subject(const Filter& filter) const {
        Subject subject{.field = object_.find(filter.field), .name = filter.field};
        if (subject.field == nullptr) {
            if (!model::is_field_name(filter.field)) {
                return error(ErrorKind::invalid,
                             fmt::format("{}: '{}' can't be a field's name", object_.name, filter.field));
            }
            std::ranges::replace(subject.name, '.', '/');
            return subject;
        }
        if (!subject.field->is_filterable) {
            return refuse(filter, fmt::format("{} can't filter by this field; filter by another, or "
                                              "afterwards in SQL",
                                              name(dialect_)));
        }
        subject.name = wire_name(*subject.field);
        subject.kind = subject.field->type.kind;
        return subject;
    }

    [[nodiscard]] Result<std::string> comparison(const Filter& filter, Wanted wanted) const {
        const Subject subject = TRY(this->subject(filter));
        switch (filter.op) {
            case Operator::is_empty:
            case Operator::is_not_empty:
                return fmt::format("{} {} null", subject.name, symbol(filter.op, wanted));
            case Operator::in:
                return list(filter, subject, wanted);
            case Operator::not_in:
                return list(filter, subject, other(wanted));
            case Operator::contains:
            case Operator::starts_with:
                return pattern(filter, subject, wanted);
            case Operator::is:
            case Operator::is_not:
                return equality(filter, subject, wanted);
            default:
                return order(filter, subject, wanted);
        }
    }

    [[nodiscard]] Result<std::string> equality(const Filter& filter, const Subject& subject,
                                               Wanted wanted) const {
        const FilterValue& value = filter.values.front();
        const std::string_view sign = symbol(filter.op, wanted);
        const bool is_equal = sign == "eq";
        if (subject.kind == Kind::enumerations && dialect_ == Dialect::dataverse) {
            return refuse(filter,
                          "a choice of several can't be compared as a whole; use contains, in or "
                          "not in");
        }
        if (value.kind == FilterValue::Kind::text && value.text.empty())
            return fmt::format("{} {} null", subject.name, sign);
        std::string compared =
            fmt::format("{} {} {}", subject.name, sign, TRY(literal(filter, subject, value)));
        return is_equal ? compared : or_empty(std::move(compared), subject.name);
    }

    [[nodiscard]] Result<std::string> order(const Filter& filter, const Subject& subject,
                                            Wanted wanted) const {
        constexpr std::array without_order = {Kind::boolean, Kind::identifier, Kind::reference,
                                              Kind::enumerations};
        if (subject.field != nullptr &&
            std::ranges::find(without_order, subject.kind) != without_order.end()) {
            return refuse(filter, fmt::format("a field of kind {} has no order; use is or in",
                                              model::name(subject.kind)));
        }
        std::string compared = fmt::format("{} {} {}", subject.name, symbol(filter.op, wanted),
                                           TRY(literal(filter, subject, filter.values.front())));
        return wanted == Wanted::holds ? compared : or_empty(std::move(compared), subject.name);
    }

    /// Among the values, or where `wanted` is otherwise among none of them.
    [[nodiscard]] Result<std::string> list(const Filter& filter, const Subject& subject,
                                           Wanted wanted) const {
        const bool is_in = wanted == Wanted::holds;
        if (dialect_ == Dialect::dataverse && takes_function(subject)) {
            std::string values;
            for (const FilterValue& value : filter.values) {
                std::string text = TRY(literal(filter, subject, value));
                if (text.starts_with('\'')) text = value.text;
                values += fmt::format("{}{}", values.empty() ? "" : ",", in_double_quotes(text));
            }
            const bool is_several = subject.kind == Kind::enumerations;
            const std::string_view function =
                is_several ? (is_in ? "ContainValues" : "DoesNotContainValues") : (is_in ? "In" : "NotIn");
            std::string call = fmt::format("Microsoft.Dynamics.CRM.{}(PropertyName='{}',PropertyValues=[{}])",
                                           function, subject.name, values);
            return is_in ? call : or_empty(std::move(call), subject.name);
        }
        if (subject.kind == Kind::enumerations) {
            return refuse(filter,
                          "services differ in how they compare choices of several; give the condition in "
                          "the service's own words");
        }
        std::string joined;
        for (const FilterValue& value : filter.values) {
            if (!joined.empty()) joined += is_in ? " or " : " and ";
            joined += fmt::format("{} {} {}", subject.name, is_in ? "eq" : "ne",
                                  TRY(literal(filter, subject, value)));
        }
        if (is_in) return filter.values.size() == 1 ? joined : fmt::format("({})", joined);
        return or_empty(filter.values.size() == 1 ? joined : fmt::format("({})", joined), subject.name);
    }

    /// Lists of dates and of references are spelled out: what the functions take of them isn't documented.
    [[nodiscard]] static bool takes_function(const Subject& subject) {
        constexpr std::array kinds = {Kind::text,       Kind::integer,     Kind::decimal,
                                      Kind::identifier, Kind::enumeration, Kind::enumerations};
        return subject.field != nullptr && std::ranges::find(kinds, subject.kind) != kinds.end();
    }

    [[nodiscard]] Result<std::string> pattern(const Filter& filter, const Subject& subject,
                                              Wanted wanted) const {
        const FilterValue& value = filter.values.front();
        if (value.kind == FilterValue::Kind::relative) return refuse(filter, "a moment is no part of a text");
        if (subject.kind == Kind::enumerations && filter.op == Operator::contains &&
            dialect_ == Dialect::dataverse) {
            return list(filter, subject, wanted);
        }
        if (subject.kind == Kind::enumeration) {
            return refuse(filter,
                          fmt::format("choices are no texts in {}; compare their codes, with is or in",
                                      dialect_ == Dialect::dataverse ? "Dynamics" : "OData"));
        }
        if (subject.kind != Kind::text) {
            return refuse(filter, fmt::format("only texts are searched, and this field is of kind {}",
                                              model::name(subject.kind)));
        }
        const std::string text = dialect_ == Dialect::dataverse ? without_wildcards(value.text) : value.text;
        std::string call =
            fmt::format("{}({},{})", filter.op == Operator::contains ? "contains" : "startswith",
                        subject.name, text_literal(text));
        if (wanted == Wanted::holds) return call;
        return or_empty(fmt::format("not {}", call), subject.name);
    }

    [[nodiscard]] Result<std::string> literal(const Filter& filter, const Subject& subject,
                                              const FilterValue& value) const {
        if (subject.field == nullptr) return as_written(value);
        const auto wrong = [&] {
            return refuse(filter, fmt::format("'{}' is no value of a field of kind {}", value.text,
                                              model::name(subject.kind)));
        };
        const auto found = [&](std::optional<std::string> text) -> Result<std::string> {
            if (!text) return wrong();
            return std::move(*text);
        };
        switch (subject.kind) {
            case Kind::boolean:
            case Kind::integer:
            case Kind::decimal:
            case Kind::date:
            case Kind::instant:
            case Kind::wall_clock:
                break;
            case Kind::time:
                return found(time_literal(value.text));
            default:
                if (value.kind == FilterValue::Kind::relative)
                    return refuse(filter, "a moment is no value of it");
                return choice_or_text(filter, subject, value);
        }
        // What JSON could only give as a text.
        const auto read =
            value.kind == FilterValue::Kind::text ? model::unquoted_value(value.text) : std::optional{value};
        if (!read) return wrong();
        using ValueKind = FilterValue::Kind;
        if (subject.kind == Kind::date || subject.kind == Kind::instant || subject.kind == Kind::wall_clock) {
            const auto moment = read->instant(now_);
            if (!moment) return wrong();
            const std::string text = instant_literal(*moment);
            return subject.kind == Kind::date ? text.substr(0, 10) : text;
        }
        const ValueKind wanted = subject.kind == Kind::boolean ? ValueKind::boolean : ValueKind::number;
        if (read->kind != wanted) return wrong();
        return read->text;
    }

    /// A GUID stands without quotes, as does the number of a choice; a member of an enumeration stands behind
    /// its type.
    [[nodiscard]] Result<std::string> choice_or_text(const Filter& filter, const Subject& subject,
                                                     const FilterValue& value) const {
        const bool is_id = subject.kind == Kind::identifier || subject.kind == Kind::reference;
        const bool is_choice = subject.kind == Kind::enumeration || subject.kind == Kind::enumerations;
        if (is_id && (dialect_ == Dialect::dataverse || subject.field->remote_type == "Edm.Guid")) {
            auto text = guid(value.text);
            if (!text) return refuse(filter, fmt::format("'{}' is no GUID", value.text));
            return std::move(*text);
        }
        if (is_choice && dialect_ == Dialect::dataverse) {
            const auto number = model::unquoted_value(value.text);
            if (number && number->kind == FilterValue::Kind::number &&
                number->text.find('.') == std::string::npos) {
                return number->text;
            }
            return refuse(filter, unknown_choice(*subject.field, value.text));
        }
        if (is_choice) return subject.field->remote_type + text_literal(value.text);
        if (is_id && is_number_type(subject.field->remote_type)) {
            const auto number = model::unquoted_value(value.text);
            if (!number || number->kind != FilterValue::Kind::number)
                return refuse(filter, fmt::format("'{}' is no number", value.text));
            return number->text;
        }
        return text_literal(value.text);
    }

    static bool is_number_type(std::string_view remote_type) {
        return remote_type.starts_with("Edm.Int") || remote_type == "Edm.Byte" ||
               remote_type == "Edm.SByte" || remote_type == "Edm.Decimal";
    }

    static std::string unknown_choice(const FieldSchema& field, std::string_view text) {
        const auto labelled = std::ranges::find_if(field.values, [&](const model::EnumerationValue& value) {
            return equal_without_case(value.label, text);
        });
        if (labelled != field.values.end())
            return fmt::format("records hold the code, not the label: '{}' is {}", text, labelled->code);
        return fmt::format("'{}' is no code of this choice, which are numbers", text);
    }

    [[nodiscard]] std::string as_written(const FilterValue& value) const {
        switch (value.kind) {
            case FilterValue::Kind::text:
                return text_literal(value.text);
            case FilterValue::Kind::relative:
                return instant_literal(value.relative.at(now_));
            default:
                return value.text;
        }
    }

    [[nodiscard]] Error refuse(const Filter& filter, std::string_view why) const {
        return error(ErrorKind::unsupported,
                     fmt::format("the filter '{}' on {}: {}", model::to_text(filter), object_.name, why));
    }

    const model::ObjectSchema& object_;
    const Instant now_;
    const Dialect dialect_;
};

}  // namespace

std::string text_literal(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        if (c == '\'') result += '\'';
        result += c;
    }
    return result + '\'';
}

std::string instant_literal(Instant instant) {
    std::string text = format_instant(instant);
    if (text.ends_with(".000Z")) text.replace(text.size() - 5, 5, "Z");
    return text;
}

std::optional<std::string> guid(std::string_view text) {
    constexpr std::string_view shape = "00000000-0000-0000-0000-000000000000";
    if (text.size() != shape.size()) return std::nullopt;
    std::string result = lower(text);
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const char c = result[i];
        const bool fits = shape[i] == '-' ? c == '-' : is_digit(c) || (c >= 'a' && c <= 'f');
        if (!fits) return std::nullopt;
    }
    return result;
}

Result<std::string> odata_condition(const model::Filter& filter, const model::ObjectSchema& object,
                                    Instant now, Dialect dialect) {
    return Compiler{object, now, dialect}.condition(filter, Wanted::holds);
}

}  // namespace koppla::odata
