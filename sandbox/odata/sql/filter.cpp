#include "sandbox/odata/sql/filter.h"

#include "base/ascii.h"
#include "sandbox/odata/failure.h"
#include "sandbox/odata/sql/literals.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

using dynamics::Storage;

struct OperatorText {
    std::string_view sql;
    std::string_view name;
};
constexpr std::array operator_texts{
    OperatorText{"=", "Equal"},       OperatorText{"IS NOT", "NotEqual"},
    OperatorText{">", "GreaterThan"}, OperatorText{">=", "GreaterThanOrEqual"},
    OperatorText{"<", "LessThan"},    OperatorText{"<=", "LessThanOrEqual"}};

const OperatorText& text_of(Operator op) {
    return operator_texts.at(static_cast<std::size_t>(op));
}

std::string_view collation(const Column& column) {
    return column.attribute->storage() == Storage::text ? " COLLATE NOCASE" : "";
}

/// A comparison with a value that lies between two of the column's.
std::string compare_above(const std::string& column, Operator op, const std::string& below) {
    switch (op) {
        case Operator::eq:
            return "0";
        case Operator::ne:
            return "1";
        case Operator::gt:
        case Operator::ge:
            return column + " > " + below;
        default:
            return column + " <= " + below;
    }
}

class Compiler {
  public:
    Compiler(const Viewer& viewer, Binder& binder) : viewer_{viewer}, binder_{binder} {}

    Result<std::string> compile(const Place& place, const Condition& condition) {
        return std::visit([&](const auto& one) { return sql(place, one); }, condition.is);
    }

  private:
    Result<std::string> sql(const Place& place, const Junction& junction) {
        const std::string_view word = junction.kind == Junction::Kind::all ? " AND " : " OR ";
        std::string text;
        for (const auto& part : junction.parts) {
            text += text.empty() ? "(" : word;
            text += TRY(compile(place, part));
        }
        return text + ")";
    }

    Result<std::string> sql(const Place& place, const Negation& negation) {
        return fmt::format("NOT coalesce({}, 0)", TRY(compile(place, negation.inner.at(0))));
    }

    Result<std::string> sql(const Place& place, const Comparison& comparison) {
        const auto column = TRY(find_column(place, comparison.path));
        const auto& op = text_of(comparison.op);
        if (const auto* other = std::get_if<Path>(&comparison.other)) {
            const auto right = TRY(find_column(place, *other));
            return fmt::format("{} {} {}{}", column.sql, op.sql, right.sql, collation(column));
        }
        const auto& literal = std::get<Literal>(comparison.other);
        if (literal.kind == Literal::Kind::null) {
            if (comparison.op == Operator::eq) return column.sql + " IS NULL";
            return comparison.op == Operator::ne ? column.sql + " IS NOT NULL" : std::string{"0"};
        }
        auto value = TRY(bound(*column.attribute, literal, op.name));
        const auto place_holder = binder_.bind(std::move(value.value));
        if (value.fit == Bound::Fit::above) return compare_above(column.sql, comparison.op, place_holder);
        return fmt::format("{} {} {}{}", column.sql, op.sql, place_holder, collation(column));
    }

    Result<std::string> sql(const Place& place, const Membership& membership) {
        const auto column = TRY(find_column(place, membership.path));
        std::string list;
        std::string is_null;
        for (const auto& literal : membership.values) {
            if (literal.kind == Literal::Kind::null) {
                is_null = " OR " + column.sql + " IS NULL";
                continue;
            }
            auto value = TRY(bound(*column.attribute, literal, "Equal"));
            if (value.fit == Bound::Fit::above) continue;
            list += (list.empty() ? "" : ", ") + binder_.bind(std::move(value.value));
        }
        return fmt::format("({}{} IN ({}){})", column.sql, collation(column), list, is_null);
    }

    Result<std::string> sql(const Place& place, const TextMatch& match) {
        const auto column = TRY(find_column(place, match.path));
        if (column.attribute->storage() != Storage::text)
            return bad_query(
                fmt::format("No function signature for the function matches the specified "
                            "arguments: '{}' is not a string.",
                            match.path.text()));
        auto pattern = match.text;
        if (match.kind != TextMatch::Kind::starts_with) pattern = "%" + pattern;
        if (match.kind != TextMatch::Kind::ends_with) pattern += "%";
        return like_sql(column.sql, pattern, binder_);
    }

    Result<std::string> sql(const Place& place, const Flag& flag) {
        const auto column = TRY(find_column(place, flag.path));
        if (column.attribute->type != dynamics::AttributeType::boolean)
            return bad_query("The $filter expression must evaluate to a single boolean value.");
        return column.sql + " = 1";
    }

    Result<std::string> sql(const Place& place, const QueryFunction& function) {
        return query_function_sql(TRY(find_attribute(place, function.property)), function, viewer_, binder_);
    }

    Result<std::string> sql(const Place& place, const Lambda& lambda) {
        const auto& name = lambda.collection.segments.at(0);
        const auto* way = place.catalog.find_collection(place.table, name);
        const auto* table = way == nullptr ? nullptr : place.catalog.find(way->referencing);
        if (table == nullptr || lambda.collection.segments.size() != 1)
            return unknown_property(name, place.table.name());
        const Place inner{.catalog = place.catalog, .table = *table, .alias = place.alias + "_" + name};
        const auto linked = link(inner, place, *way);
        const auto from = fmt::format("SELECT 1 FROM {} AS {} WHERE {}", table_sql(*table),
                                      dynamics::quoted(inner.alias), linked);
        if (lambda.inner.empty()) return fmt::format("EXISTS ({})", from);
        auto body = lambda.inner[0];
        strip(body, lambda.variable);
        const auto condition = TRY(compile(inner, body));
        if (lambda.kind == Lambda::Kind::any) return fmt::format("EXISTS ({} AND {})", from, condition);
        return fmt::format("NOT EXISTS ({} AND NOT coalesce({}, 0))", from, condition);
    }

    /// Takes the variable off the paths that begin with it.
    static void strip(Path& path, const std::string& variable) {
        if (path.segments.size() > 1 && path.segments.front() == variable)
            path.segments.erase(path.segments.begin());
    }
    static void strip(Condition& condition, const std::string& variable) {
        std::visit([&](auto& one) { strip_one(one, variable); }, condition.is);
    }
    static void strip_one(Junction& one, const std::string& variable) {
        for (auto& part : one.parts) strip(part, variable);
    }
    static void strip_one(Negation& one, const std::string& variable) { strip(one.inner.at(0), variable); }
    static void strip_one(Comparison& one, const std::string& variable) {
        strip(one.path, variable);
        if (auto* other = std::get_if<Path>(&one.other)) strip(*other, variable);
    }
    static void strip_one(QueryFunction& one, const std::string& variable) { strip(one.property, variable); }
    static void strip_one(Lambda& one, const std::string& variable) { strip(one.collection, variable); }
    template <class T>
    static void strip_one(T& one, const std::string& variable) {
        strip(one.path, variable);
    }

    const Viewer& viewer_;
    Binder& binder_;
};

}  // namespace

std::string like_sql(const std::string& column, const std::string& pattern, Binder& binder) {
    // GLOB has the same classes in brackets; its own wildcards are plain characters here.
    std::string glob;
    bool is_in_class = false;
    for (const char c : pattern) {
        if (c == '[') is_in_class = true;
        if (is_in_class) {
            glob += lower(c);
            if (c == ']') is_in_class = false;
            continue;
        }
        switch (c) {
            case '%':
                glob += '*';
                break;
            case '_':
                glob += '?';
                break;
            case '*':
            case '?':
                glob += std::string{"["} + c + "]";
                break;
            default:
                glob += lower(c);
        }
    }
    return fmt::format("lower({}) GLOB {}", column, binder.bind(std::move(glob)));
}

Result<std::string> in_sql(const Column& column, const std::vector<std::string>& values, Binder& binder) {
    std::string list;
    for (const auto& text : values) {
        auto value = TRY(bound_text(*column.attribute, text));
        if (value.fit == Bound::Fit::above) continue;
        list += (list.empty() ? "" : ", ") + binder.bind(std::move(value.value));
    }
    return fmt::format("{}{} IN ({})", column.sql, collation(column), list);
}

Result<std::string> filter_sql(const Place& place, const Condition& condition, const Viewer& viewer,
                               Binder& binder) {
    return Compiler{viewer, binder}.compile(place, condition);
}

}  // namespace koppla::sandbox::odata
