#include "sandbox/soql/compiler.h"

#include "sandbox/soql/filter.h"
#include "sandbox/soql/grouping.h"
#include "sandbox/soql/printer.h"
#include "sandbox/soql/scope.h"
#include "sandbox/soql/syntax/lexer.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace koppla::sandbox::soql {

namespace {

constexpr std::int64_t offset_max = 2'000;
constexpr std::int64_t unbounded_rows_max = 200;

class Compiler {
  public:
    Compiler(const Catalog& catalog, const Query& query, const CompileOptions& options, const Object& object)
        : query_{query},
          options_{options},
          scope_{catalog, options.soql, object, query.alias},
          grouping_{scope_, query} {
        plan_.object = &object;
        plan_.attributes = attributes_of(object, options.base);
    }

    /// A query over the children of a row; `link` is the field that points to it.
    Result<Plan> run_below(const ChildLink& link) {
        TRY(prepare());
        if (plan_.is_aggregate || plan_.is_count) {
            return malformed(options_.soql, query_.object_at, "a sub-query can't be grouped or aggregated");
        }
        const Resolved reference = TRY(scope_.resolve(Path{.names = {link.field}}));
        plan_.relationship = link.relationship;
        plan_.result.push_back(reference.sql());
        plan_.link_column = static_cast<int>(plan_.result.size()) - 1;
        return finished();
    }

    Result<Plan> run() {
        TRY(prepare());
        return finished();
    }

  private:
    Result<void> prepare() {
        if (query_.offset > offset_max) {
            return located(options_.soql, query_.offset_at,
                           fmt::format("Maximum SOQL offset allowed is {}", offset_max),
                           "NUMBER_OUTSIDE_VALID_RANGE");
        }
        const bool has_aggregate =
            std::any_of(query_.items.begin(), query_.items.end(),
                        [](const SelectItem& item) { return is_aggregate(item.field); });
        if (has_aggregate || !query_.groups.empty()) return grouping_.select(plan_);
        if (query_.having) return refused("HAVING needs GROUP BY");
        return select_fields();
    }

    Result<Plan> finished() {
        std::vector<std::string> terms;
        const auto today = std::chrono::floor<std::chrono::days>(options_.now);
        if (query_.where) terms.push_back(TRY(filter_sql(scope_, *query_.where, today)));
        if (options_.rows == Rows::live && scope_.object().has("IsDeleted"))
            terms.emplace_back("t0.\"IsDeleted\" = 0");
        for (const std::string& term : terms)
            plan_.where += (plan_.where.empty() ? " WHERE " : " AND ") + term;
        plan_.group = TRY(grouping_.sql(today));
        for (const OrderKey& key : query_.order) {
            plan_.order += (plan_.order.empty() ? " ORDER BY " : ", ") + TRY(order_sql(key));
        }
        plan_.limit = query_.limit;
        plan_.offset = query_.offset;
        plan_.table = scope_.table();
        plan_.joins = scope_.joins();
        plan_.bound = scope_.bound();
        return std::move(plan_);
    }

    Result<void> select_fields() {
        Printer printer{plan_, options_.base};
        std::set<std::string> names;
        for (const SelectItem& item : TRY(expanded())) {
            if (item.kind == SelectItem::Kind::children) {
                TRY(select_children(printer, *item.children));
                continue;
            }
            if (item.kind == SelectItem::Kind::type_of) {
                TRY(select_type_of(printer, item));
                continue;
            }
            if (!item.alias.empty()) {
                return malformed(options_.soql, item.field.at,
                                 "only aggregate expressions use field aliasing");
            }
            const Resolved resolved = TRY(scope_.resolve(item.field));
            if (resolved.use == Resolved::Use::calculation) return ungrouped(options_.soql, item.field);
            const std::string name = resolved.name();
            if (!names.insert(name).second) {
                return error(ErrorKind::invalid, "duplicate field selected: " + name, "INVALID_FIELD");
            }
            plan_.columns.push_back(SelectedColumn{.name = name, .is_aggregate = false});
            printer.add(resolved);
            TRY(name_parents(printer, item.field, resolved));
        }
        printer.finish();
        return {};
    }

    Result<void> name_parents(Printer& printer, const Path& path, const Resolved& resolved) {
        const std::size_t own = path.names.size() - 1 - resolved.relationships.size();
        for (std::size_t count = 1; count < resolved.relationships.size(); ++count) {
            Path shorter{
                .names = {path.names.begin(), path.names.begin() + static_cast<std::ptrdiff_t>(own + count)},
                .function = {},
                .at = path.at};
            shorter.names.emplace_back("Id");
            const Resolved parent = TRY(scope_.resolve(shorter));
            printer.name_parent(parent.relationships, parent.join, *parent.object);
        }
        return {};
    }

    /// FIELDS(ALL|STANDARD|CUSTOM) becomes the fields it stands for. [Salesforce: SOQL, FIELDS()]
    Result<std::vector<SelectItem>> expanded() const {
        std::vector<SelectItem> items;
        for (const SelectItem& item : query_.items) {
            if (item.kind != SelectItem::Kind::field || item.field.function != "FIELDS") {
                items.push_back(item);
                continue;
            }
            const std::string which = lower_case(item.field.names.size() == 1 ? item.field.names[0] : "");
            if (which != "all" && which != "standard" && which != "custom") {
                return malformed(options_.soql, item.field.at, "FIELDS() takes ALL, STANDARD or CUSTOM");
            }
            const bool is_bounded = query_.limit.value_or(unbounded_rows_max + 1) <= unbounded_rows_max ||
                                    (query_.where && names_few_ids(*query_.where));
            if (which != "standard" && !is_bounded) {
                return malformed(options_.soql, item.field.at,
                                 fmt::format("The SOQL FIELDS function must have a LIMIT of at most {}",
                                             unbounded_rows_max));
            }
            for (const Field& field : scope_.object().fields()) {
                const bool is_custom = field.name.ends_with("__c") || field.name.ends_with("__s");
                if (which != "all" && is_custom != (which == "custom")) continue;
                items.push_back({.kind = SelectItem::Kind::field,
                                 .field = {.names = {field.name}, .function = {}, .at = item.field.at}});
            }
        }
        return items;
    }

    static bool names_few_ids(const Condition& where) {
        return where.kind == Condition::Kind::comparison && where.field.names.size() == 1 &&
               lower_case(where.field.names[0]) == "id" && !where.among &&
               (where.op == Operator::equal || where.op == Operator::in) &&
               where.values.size() <= static_cast<std::size_t>(unbounded_rows_max);
    }

    Result<void> select_children(Printer& printer, const Query& query) {
        const ChildLink* link = scope_.object().find_children(query.object);
        const Object* object = link == nullptr ? nullptr : scope_.catalog().find(link->object);
        if (object == nullptr || !object->has(link->field)) {
            return located(options_.soql, query.object_at,
                           fmt::format("Didn't understand relationship '{}' in FROM part of query call. If "
                                       "you are attempting to use a custom relationship, be sure to append "
                                       "the '__r' after the custom relationship name. Please reference your "
                                       "WSDL or the describe call for the appropriate names.",
                                       query.object),
                           "INVALID_TYPE");
        }
        Plan plan = TRY((Compiler{scope_.catalog(), query, options_, *object}.run_below(*link)));
        for (const SelectedColumn& column : plan.columns) {
            plan_.columns.push_back({.name = link->relationship + "." + column.name, .is_aggregate = true});
        }
        printer.add_children(std::move(plan));
        return {};
    }

    Result<void> select_type_of(Printer& printer, const SelectItem& item) {
        const Field* reference =
            item.field.names.size() == 1 ? scope_.object().find_relationship(item.field.names[0]) : nullptr;
        if (reference == nullptr || reference->reference_to.size() < 2) {
            return located(options_.soql, item.field.at,
                           fmt::format("'{}' is no polymorphic relationship of {}", item.field.text(),
                                       scope_.object().name()),
                           "INVALID_FIELD");
        }
        plan_.columns.push_back({.name = reference->relationship_name, .is_aggregate = false});
        printer.begin_type_of(Resolved{.join = 0, .object = &scope_.object(), .field = reference});
        std::set<const Object*> named;
        for (const TypeBranch& branch : item.branches) {
            const Object* object = scope_.catalog().find(branch.object);
            if (object == nullptr) {
                return located(options_.soql, branch.at,
                               fmt::format("sObject type '{}' is not supported.", branch.object),
                               "INVALID_TYPE");
            }
            named.insert(object);
            TRY(add_branch(printer, *reference, *object, branch.fields));
        }
        if (item.otherwise.empty()) return {};
        for (const std::string& target : reference->reference_to) {
            const Object* object = scope_.catalog().find(target);
            if (object != nullptr && named.insert(object).second)
                TRY(add_branch(printer, *reference, *object, item.otherwise));
        }
        return {};
    }

    Result<void> add_branch(Printer& printer, const Field& reference, const Object& object,
                            const std::vector<Path>& paths) {
        const std::size_t join = scope_.join(0, reference, object);
        std::vector<Resolved> fields;
        for (const Path& path : paths) {
            const Field* field = path.names.size() == 1 ? object.find(path.names[0]) : nullptr;
            if (field == nullptr) return no_such_column(options_.soql, path, object);
            fields.push_back(Resolved{.join = join, .object = &object, .field = field});
        }
        printer.add_branch(join, object, fields);
        return {};
    }

    [[nodiscard]] Error refused(std::string_view what) const { return malformed(options_.soql, 0, what); }

    Result<std::string> order_sql(const OrderKey& key) {
        const Resolved resolved = TRY(scope_.resolve(key.field));
        const Field& field = *resolved.field;
        if (plan_.is_aggregate) TRY(grouping_.check(key.field, resolved));
        if (!plan_.is_aggregate && resolved.use == Resolved::Use::aggregate) {
            return malformed(options_.soql, key.field.at,
                             "an aggregate can't order rows that aren't grouped");
        }
        if (!field.sortable || field.is_compound()) {
            return located(options_.soql, key.field.at,
                           fmt::format("field '{}' can not be sorted in a query call", field.name),
                           "INVALID_FIELD");
        }
        const std::string_view direction = key.is_descending ? "DESC" : "ASC";
        // NULLS LAST has no effect on a parent's field. [Salesforce: SOQL, ORDER BY]
        const bool is_last = key.nulls == OrderKey::Nulls::last && resolved.relationships.empty();
        const std::string_view nulls = is_last ? "NULLS LAST" : "NULLS FIRST";
        const bool is_text = field.storage == Storage::text && !field.is_id() && !field.case_sensitive;
        const std::string plain =
            fmt::format("{}{} {} {}", resolved.sql(), is_text ? " COLLATE NOCASE" : "", direction, nulls);
        if (field.type != "picklist" || field.picklist.empty()) return plain;
        std::string setup =
            fmt::format("({} IS NULL) {}, CASE {}", resolved.sql(), is_last ? "ASC" : "DESC", resolved.sql());
        for (std::size_t i = 0; i < field.picklist.size(); ++i) {
            setup += fmt::format(" WHEN {} THEN {}", scope_.bind(Value{field.picklist[i].value}), i);
        }
        return fmt::format("{} ELSE {} END {}, {}", setup, field.picklist.size(), direction, plain);
    }

    const Query& query_;
    const CompileOptions& options_;
    Scope scope_;
    Grouping grouping_;
    Plan plan_;
};

}  // namespace

std::string Plan::result_sql() const {
    std::string sql;
    for (const std::string& column : result) sql += (sql.empty() ? "" : ", ") + column;
    return sql;
}

std::string Plan::limit_sql() const {
    if (!limit && offset == 0) return {};
    return fmt::format(" LIMIT {} OFFSET {}", limit.value_or(-1), offset);
}

Result<Plan> compile(const Catalog& catalog, const Query& query, const CompileOptions& options) {
    const Object* object = catalog.find(query.object);
    if (object == nullptr || !object->is_queryable()) {
        return located(
            options.soql, query.object_at,
            fmt::format("sObject type '{}' is not supported. If you are attempting to use a custom object, "
                        "be sure to append the '__c' after the entity name. Please reference your WSDL or "
                        "the describe call for the appropriate names.",
                        query.object),
            "INVALID_TYPE");
    }
    return Compiler{catalog, query, options, *object}.run();
}

}  // namespace koppla::sandbox::soql
