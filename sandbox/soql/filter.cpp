#include "sandbox/soql/filter.h"

#include "sandbox/org/identifier.h"
#include "sandbox/soql/ranges.h"
#include "sandbox/soql/syntax/lexer.h"

#include <charconv>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::soql {

namespace {

constexpr std::size_t literal_characters_max = 4000;
constexpr int semi_joins_max = 2;

/// A balanced tree, because SQLite bounds the depth of expressions.
std::string joined(std::span<const std::string> terms, std::string_view with) {
    if (terms.size() == 1) return terms.front();
    const std::size_t half = terms.size() / 2;
    return fmt::format("({} {} {})", joined(terms.first(half), with), with,
                       joined(terms.subspan(half), with));
}

std::string_view type_name(const Field& field) {
    if (field.type == "time") return "time";
    switch (field.storage) {
        case Storage::boolean:
            return "boolean";
        case Storage::integer:
            return "int";
        case Storage::real:
            return field.type == "currency" ? "currency" : "double";
        case Storage::date:
            return "date";
        case Storage::datetime:
            return "dateTime";
        default:
            return "string";
    }
}

std::string midnight(std::chrono::sys_days day, Storage storage) {
    const std::string instant = format_instant(Instant{day});
    return storage == Storage::date ? instant.substr(0, 10) : instant;
}

/// One comparison on its way to SQL.
class Comparison {
  public:
    Comparison(Scope& scope, const Condition& condition, Resolved resolved, std::chrono::sys_days today)
        : scope_{scope}, condition_{condition}, resolved_{std::move(resolved)}, today_{today} {}

    Result<std::string> sql() {
        TRY(check_operator());
        if (condition_.among) return semi_join(*condition_.among);
        switch (condition_.op) {
            case Operator::like:
                return like();
            case Operator::includes:
                return includes();
            case Operator::excludes:
                return fmt::format("NOT coalesce({}, 0)", TRY(includes()));
            case Operator::in:
                return list();
            case Operator::not_in:
                return fmt::format("NOT coalesce({}, 0)", TRY(list()));
            default:
                return compare(condition_.values.front(), condition_.op);
        }
    }

  private:
    [[nodiscard]] const Field& field() const { return *resolved_.field; }

    [[nodiscard]] Error refused(std::size_t at, std::string_view what, const char* code) const {
        return located(scope_.soql(), at, what, code);
    }

    Result<void> check_operator() const {
        const Operator op = condition_.op;
        const bool is_multiple = field().type == "multipicklist";
        const auto wrong = [&](std::string_view what) {
            return refused(condition_.op_at, what, "INVALID_QUERY_FILTER_OPERATOR");
        };
        if (!field().filterable || field().is_compound()) {
            return refused(condition_.field.at,
                           fmt::format("field '{}' can not be filtered in a query call", field().name),
                           "INVALID_FIELD");
        }
        if (op == Operator::like && (field().storage != Storage::text || field().is_id())) {
            return wrong(field().is_id() ? "invalid operator on id field"
                                         : fmt::format("invalid operator on {} field", type_name(field())));
        }
        if ((op == Operator::includes || op == Operator::excludes) && !is_multiple) {
            return wrong("includes and excludes work on multi-select picklists only");
        }
        const bool is_order = op == Operator::less || op == Operator::less_or_equal ||
                              op == Operator::greater || op == Operator::greater_or_equal;
        if (is_order && (field().storage == Storage::boolean || is_multiple)) {
            return wrong(
                fmt::format("invalid operator on {} field", is_multiple ? "multipicklist" : "boolean"));
        }
        const bool takes_null = op == Operator::equal || op == Operator::not_equal || op == Operator::in ||
                                op == Operator::not_in;
        for (const Literal& literal : condition_.values) {
            if (literal.kind == Literal::Kind::null && !takes_null)
                return wrong("null can be compared by = and != only");
        }
        return {};
    }

    [[nodiscard]] Error wrong_type(const Literal& literal) const {
        const bool is_text = field().storage == Storage::text && field().type != "time";
        return refused(
            literal.at,
            fmt::format("value of filter criterion for field '{}' must be of type {} and should {}be "
                        "enclosed in quotes",
                        field().name, field().is_id() ? "ID" : type_name(field()), is_text ? "" : "not "),
            "INVALID_FIELD");
    }

    /// The literal as the column holds it; null for null and for empty text, which the vendor doesn't tell
    /// apart.
    Result<Value> value(const Literal& literal) const {
        using Kind = Literal::Kind;
        if (literal.kind == Kind::null) return Value{};
        switch (field().storage) {
            case Storage::text:
                if (field().type != "time") return text_value(literal);
                if (literal.kind != Kind::time) return wrong_type(literal);
                return Value{literal.text};
            case Storage::boolean:
                if (literal.kind != Kind::boolean) return wrong_type(literal);
                return Value{std::int64_t{literal.text == "TRUE" ? 1 : 0}};
            case Storage::integer:
            case Storage::real: {
                if (literal.kind != Kind::number) return wrong_type(literal);
                const char* const first = literal.text.data() + (literal.text.front() == '+' ? 1 : 0);
                const char* const last = literal.text.data() + literal.text.size();
                double number = 0;
                if (std::from_chars(first, last, number).ec != std::errc{}) return wrong_type(literal);
                return Value{number};
            }
            case Storage::date:
                if (literal.kind != Kind::date) return wrong_type(literal);
                return Value{literal.text};
            case Storage::datetime: {
                auto canonical =
                    literal.kind == Kind::datetime ? canonical_datetime(literal.text) : std::nullopt;
                if (!canonical) return wrong_type(literal);
                return Value{std::move(*canonical)};
            }
            case Storage::compound:
                break;
        }
        return wrong_type(literal);
    }

    Result<Value> text_value(const Literal& literal) const {
        if (literal.kind != Literal::Kind::string) return wrong_type(literal);
        if (literal.text.size() > literal_characters_max &&
            character_count(literal.text) > literal_characters_max) {
            return refused(literal.at,
                           fmt::format("a string literal has at most {} characters", literal_characters_max),
                           "MALFORMED_QUERY");
        }
        if (literal.text.empty()) return Value{};
        if (resolved_.use == Resolved::Use::label) return Value{value_labelled(literal.text)};
        if (!field().is_id()) return Value{literal.text};
        if (auto id = normal_id(literal.text)) return Value{std::move(*id)};
        return refused(literal.at, fmt::format("invalid ID field: {}", literal.text),
                       "INVALID_QUERY_FILTER_OPERATOR");
    }

    [[nodiscard]] std::string value_labelled(std::string_view label) const {
        for (const PicklistValue& entry : field().picklist) {
            if (lower_case(entry.label) == lower_case(label)) return entry.value;
        }
        return std::string{label};
    }

    /// IN (SELECT …): ids on both sides, of another object, no way over a parent, no query within.
    /// [Salesforce: SOQL, Comparison Operators, semi-joins]
    Result<std::string> semi_join(const Query& query) {
        const auto wrong = [&](std::string_view what) {
            return refused(condition_.field.at, what, "MALFORMED_QUERY");
        };
        if (scope_.count_semi_join() > semi_joins_max) {
            return refused(condition_.field.at,
                           fmt::format("At most {} semi join sub-selects are allowed", semi_joins_max),
                           "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS");
        }
        if (!field().is_id() || !resolved_.relationships.empty())
            return wrong(
                "The left operand of a semi join has to be an id or a reference of the object itself");
        const bool is_plain = query.items.size() == 1 && query.items[0].kind == SelectItem::Kind::field &&
                              query.items[0].field.function.empty() && query.groups.empty() &&
                              query.order.empty() && !query.limit && query.offset == 0;
        if (!is_plain)
            return wrong("A semi join sub-select has one field, and neither groups, order nor limit");
        const Object* object = scope_.catalog().find(query.object);
        if (object == nullptr) {
            return refused(query.object_at, fmt::format("sObject type '{}' is not supported.", query.object),
                           "INVALID_TYPE");
        }
        if (object == &scope_.object())
            return wrong("The inner and outer selects of a semi join should not be on the same object type");
        Scope inner{scope_, *object, query.alias};
        const Resolved selected = TRY(inner.resolve(query.items[0].field));
        if (!selected.field->is_id())
            return wrong("A semi join sub-select can select ids and references only");
        std::string where = fmt::format(" WHERE {} IS NOT NULL", selected.sql());
        if (query.where) where += " AND " + TRY(filter_sql(inner, *query.where, today_));
        if (object->has("IsDeleted")) where += " AND t0.\"IsDeleted\" = 0";
        const bool is_anti = condition_.op == Operator::not_in;
        const std::string in = fmt::format("{} IN (SELECT {} FROM {}{}{})", resolved_.sql(), selected.sql(),
                                           inner.table(), inner.joins(), where);
        return is_anti ? fmt::format("NOT coalesce({}, 0)", in) : in;
    }

    /// The column, compared as the vendor compares it.
    [[nodiscard]] std::string column() const {
        if (field().storage == Storage::boolean) return fmt::format("coalesce({}, 0)", resolved_.sql());
        const bool is_exact = field().storage != Storage::text || field().is_id() || field().case_sensitive;
        return resolved_.sql() + (is_exact ? "" : " COLLATE NOCASE");
    }

    Result<std::string> compare(const Literal& literal, Operator op) {
        if (literal.kind == Literal::Kind::range) return compare_range(literal, op);
        Value held = TRY(value(literal));
        const bool is_null = std::holds_alternative<std::monostate>(held);
        if (is_null && field().storage == Storage::boolean) held = Value{std::int64_t{0}};
        switch (op) {
            case Operator::equal:
                return fmt::format("{} IS {}", column(), scope_.bind(std::move(held)));
            case Operator::not_equal:
                return fmt::format("{} IS NOT {}", column(), scope_.bind(std::move(held)));
            case Operator::less:
                return fmt::format("{} < {}", column(), scope_.bind(std::move(held)));
            case Operator::less_or_equal:
                return fmt::format("{} <= {}", column(), scope_.bind(std::move(held)));
            case Operator::greater:
                return fmt::format("{} > {}", column(), scope_.bind(std::move(held)));
            default:
                return fmt::format("{} >= {}", column(), scope_.bind(std::move(held)));
        }
    }

    Result<std::string> compare_range(const Literal& literal, Operator op) {
        if (field().storage != Storage::date && field().storage != Storage::datetime)
            return wrong_type(literal);
        const DayRange range = range_of(literal, today_);
        const auto edge = [&](std::chrono::sys_days day) {
            return scope_.bind(midnight(day, field().storage));
        };
        switch (op) {
            case Operator::less:
                return fmt::format("{} < {}", column(), edge(range.from));
            case Operator::less_or_equal:
                return fmt::format("{} < {}", column(), edge(range.to));
            case Operator::greater:
                return fmt::format("{} >= {}", column(), edge(range.to));
            case Operator::greater_or_equal:
                return fmt::format("{} >= {}", column(), edge(range.from));
            default:
                break;
        }
        const std::string from = edge(range.from);
        const std::string within = fmt::format("({0} >= {1} AND {0} < {2})", column(), from, edge(range.to));
        return op == Operator::not_equal ? fmt::format("NOT coalesce({}, 0)", within) : within;
    }

    Result<std::string> like() {
        const Literal& literal = condition_.values.front();
        TRY(text_value(literal));
        return fmt::format("{} LIKE {} ESCAPE '\\'", column(), scope_.bind(Value{literal.pattern}));
    }

    /// One bound array, however many values there are: statements bound their parameters.
    Result<std::string> list() {
        nlohmann::json values = nlohmann::json::array();
        std::vector<std::string> terms;
        for (const Literal& literal : condition_.values) {
            if (literal.kind == Literal::Kind::range) {
                terms.push_back(TRY(compare_range(literal, Operator::equal)));
                continue;
            }
            Value held = TRY(value(literal));
            if (std::holds_alternative<std::monostate>(held)) {
                terms.push_back(TRY(compare(literal, Operator::equal)));
            } else {
                std::visit(
                    [&](const auto& plain) {
                        if constexpr (!std::is_same_v<std::decay_t<decltype(plain)>, std::monostate>) {
                            values.push_back(plain);
                        }
                    },
                    held);
            }
        }
        if (!values.empty()) {
            terms.push_back(fmt::format("{} IN (SELECT value FROM json_each({}))", column(),
                                        scope_.bind(Value{values.dump()})));
        }
        return joined(terms, "OR");
    }

    /// INCLUDES('a;b', 'c'): (a and b) or c.
    Result<std::string> includes() {
        std::vector<std::string> any;
        for (const Literal& literal : condition_.values) {
            TRY(text_value(literal));
            std::vector<std::string> all;
            std::string_view rest = literal.text;
            while (true) {
                const std::size_t end = rest.find(';');
                all.push_back(fmt::format("instr(';' || {} || ';', {}) > 0", resolved_.sql(),
                                          scope_.bind(Value{fmt::format(";{};", rest.substr(0, end))})));
                if (end == std::string_view::npos) break;
                rest.remove_prefix(end + 1);
            }
            any.push_back(joined(all, "AND"));
        }
        return joined(any, "OR");
    }

    Scope& scope_;
    const Condition& condition_;
    Resolved resolved_;
    std::chrono::sys_days today_;
};

enum class Clause { where, having };
enum class Above { none, disjunction };  ///< whether an OR is among what a condition is a part of

Result<std::string> condition_sql(Scope& scope, const Condition& condition, std::chrono::sys_days today,
                                  Clause clause,
                                  Above above) {  // NOLINT(misc-no-recursion): bounded by parser
    if (condition.kind == Condition::Kind::comparison) {
        if (condition.among && above == Above::disjunction)
            return malformed(scope.soql(), condition.field.at, "A semi join sub-select can't stand below OR");
        const Resolved resolved = TRY(scope.resolve(condition.field));
        if (clause == Clause::where && resolved.use == Resolved::Use::aggregate) {
            return malformed(scope.soql(), condition.field.at,
                             fmt::format("{} can't stand in WHERE, but in HAVING", condition.field.text()));
        }
        return Comparison{scope, condition, resolved, today}.sql();
    }
    if (condition.kind == Condition::Kind::any_of) above = Above::disjunction;
    std::vector<std::string> terms;
    for (const Condition& part : condition.parts)
        terms.push_back(TRY(condition_sql(scope, part, today, clause, above)));
    if (condition.kind == Condition::Kind::negation) return fmt::format("NOT coalesce({}, 0)", terms.front());
    return joined(terms, condition.kind == Condition::Kind::any_of ? "OR" : "AND");
}

}  // namespace

Result<std::string> filter_sql(Scope& scope, const Condition& condition, std::chrono::sys_days today) {
    return condition_sql(scope, condition, today, Clause::where, Above::none);
}

Result<std::string> having_sql(Scope& scope, const Condition& condition, std::chrono::sys_days today) {
    return condition_sql(scope, condition, today, Clause::having, Above::none);
}

}  // namespace koppla::sandbox::soql
