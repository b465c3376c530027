#include "sandbox/soql/compiler.h"

#include "sandbox/soql/filter.h"
#include "sandbox/soql/scope.h"
#include "sandbox/soql/syntax/lexer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>

#include <fmt/format.h>

namespace koppla::sandbox::soql {

namespace {

std::string attributes_of(const Object& object, std::string_view base) {
    return fmt::format(R"({{"attributes":{{"type":"{0}","url":"{1}/sobjects/{0}/)", object.name(), base);
}

/// "BillingPostalCode" of the compound "BillingAddress" is its "postalCode"; "Loc__Latitude__s" is
/// "latitude".
std::string part_key(const Field& part) {
    for (const std::string_view key : {"city", "countryCode", "country", "geocodeAccuracy", "latitude",
                                       "longitude", "postalCode", "stateCode", "state", "street"}) {
        std::string name = lower_case(part.name);
        if (name.ends_with("__s")) name.resize(name.size() - 3);
        if (name.ends_with(lower_case(key))) return std::string{key};
    }
    return lower_case(part.name);
}

/// Collects what is selected, and orders it for printing.
class Printer {
  public:
    Printer(Plan& plan, std::string_view base) : plan_{plan}, base_{base} { column("t0.\"Id\""); }

    void add(const Resolved& resolved) {
        Step step = step_of(resolved);
        plan_.cells.push_back(step);
        if (step.kind == Step::Kind::compound && plan_.compound.empty()) plan_.compound = resolved.name();
        Node* node = &root_;
        for (const std::string& relationship : resolved.relationships) {
            node = parent_of(*node, relationship);
        }
        node->join = resolved.join;
        node->object = resolved.object;
        node->entries.push_back(Entry{.step = std::move(step), .child = 0, .is_child = false});
    }

    /// Parents on the way that have no field selected still print their attributes, so their joins are named
    /// late.
    void name_parent(std::span<const std::string> relationships, std::size_t join, const Object& object) {
        Node* node = &root_;
        for (const std::string& relationship : relationships) node = parent_of(*node, relationship);
        node->join = join;
        node->object = &object;
    }

    void finish() { flatten(root_); }

  private:
    struct Entry {
        Step step;
        std::size_t child;
        bool is_child;
    };
    struct Node {
        std::size_t join = 0;
        const Object* object = nullptr;
        std::string relationship;
        std::vector<Entry> entries;
        std::vector<std::unique_ptr<Node>> children;
    };

    int column(const std::string& sql) {
        const auto found = std::find(plan_.result.begin(), plan_.result.end(), sql);
        const auto place = found - plan_.result.begin();
        if (found == plan_.result.end()) plan_.result.push_back(sql);
        return static_cast<int>(place);
    }

    Step step_of(const Resolved& resolved) {
        Step step{.kind = Step::Kind::value,
                  .lead = fmt::format(",\"{}\":", resolved.field->name),
                  .storage = resolved.field->storage};
        if (!resolved.field->is_compound()) {
            step.column = column(resolved.sql());
            return step;
        }
        step.kind = Step::Kind::compound;
        std::map<std::string, Step> parts;
        for (const Field* part : resolved.object->parts_of(*resolved.field)) {
            Resolved place = resolved;
            place.field = part;
            parts[part_key(*part)] = step_of(place);
        }
        for (auto& [key, part] : parts) {
            part.lead = fmt::format("{}\"{}\":", step.parts.empty() ? "{" : ",", key);
            step.parts.push_back(std::move(part));
        }
        return step;
    }

    static Node* parent_of(Node& node, const std::string& relationship) {
        for (const auto& child : node.children) {
            if (child->relationship == relationship) return child.get();
        }
        node.children.push_back(std::make_unique<Node>());
        node.children.back()->relationship = relationship;
        node.entries.push_back(Entry{.step = {}, .child = node.children.size() - 1, .is_child = true});
        return node.children.back().get();
    }

    void flatten(Node& node) {
        for (Entry& entry : node.entries) {
            if (!entry.is_child) {
                plan_.steps.push_back(std::move(entry.step));
                continue;
            }
            Node& parent = *node.children[entry.child];
            const std::size_t begin = plan_.steps.size();
            plan_.steps.push_back(Step{.kind = Step::Kind::parent_begin,
                                       .lead = fmt::format(",\"{}\":", parent.relationship),
                                       .attributes = attributes_of(*parent.object, base_),
                                       .column = column(fmt::format("t{}.\"Id\"", parent.join))});
            flatten(parent);
            plan_.steps.push_back(Step{.kind = Step::Kind::parent_end});
            plan_.steps[begin].skip = plan_.steps.size() - begin;
        }
    }

    Plan& plan_;
    std::string_view base_;
    Node root_;
};

class Compiler {
  public:
    Compiler(const Catalog& catalog, const Query& query, const CompileOptions& options, const Object& object)
        : query_{query}, options_{options}, scope_{catalog, options.soql, object, query.alias} {
        plan_.object = &object;
        plan_.attributes = attributes_of(object, options.base);
    }

    Result<Plan> run() {
        const bool has_count =
            std::any_of(query_.items.begin(), query_.items.end(),
                        [](const SelectItem& item) { return item.kind != SelectItem::Kind::field; });
        if (has_count) {
            TRY(select_counts());
        } else {
            TRY(select_fields());
        }
        std::vector<std::string> terms;
        if (query_.where) {
            const auto today = std::chrono::floor<std::chrono::days>(options_.now);
            terms.push_back(TRY(filter_sql(scope_, *query_.where, today)));
        }
        if (options_.rows == Rows::live && scope_.object().has("IsDeleted"))
            terms.emplace_back("t0.\"IsDeleted\" = 0");
        for (const std::string& term : terms)
            plan_.where += (plan_.where.empty() ? " WHERE " : " AND ") + term;
        for (const OrderKey& key : query_.order) {
            plan_.order += (plan_.order.empty() ? " ORDER BY " : ", ") + TRY(order_sql(key));
        }
        plan_.limit = query_.limit;
        plan_.table = scope_.table();
        plan_.joins = scope_.joins();
        plan_.bound = scope_.bound();
        return std::move(plan_);
    }

  private:
    Result<void> select_fields() {
        Printer printer{plan_, options_.base};
        std::set<std::string> names;
        for (const SelectItem& item : query_.items) {
            const Resolved resolved = TRY(scope_.resolve(item.field));
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
                .at = path.at};
            shorter.names.emplace_back("Id");
            const Resolved parent = TRY(scope_.resolve(shorter));
            printer.name_parent(parent.relationships, parent.join, *parent.object);
        }
        return {};
    }

    [[nodiscard]] Error refused(std::string_view what) const { return malformed(options_.soql, 0, what); }

    Result<void> select_counts() {
        const SelectItem& first = query_.items.front();
        if (first.kind == SelectItem::Kind::count_rows && query_.items.size() == 1 && first.alias.empty()) {
            plan_.is_count = true;
            plan_.columns.push_back(SelectedColumn{.name = "count()", .is_aggregate = true});
            return {};
        }
        plan_.is_aggregate = true;
        if (query_.limit || !query_.order.empty()) {
            return refused(
                "Non-grouped query that uses overall aggregate functions cannot also use LIMIT or ORDER BY");
        }
        std::size_t unnamed = 0;
        for (const SelectItem& item : query_.items) {
            if (item.kind == SelectItem::Kind::count_rows)
                return refused("COUNT() stands alone in its query");
            const Resolved resolved = TRY(scope_.resolve(item.field));
            if (item.kind == SelectItem::Kind::field) {
                return refused(fmt::format("Field must be grouped or aggregated: {}", resolved.name()));
            }
            if (resolved.field->is_compound()) {
                return error(
                    ErrorKind::invalid,
                    fmt::format("field {} does not support aggregate operator COUNT", resolved.name()),
                    "MALFORMED_QUERY");
            }
            const std::string name = item.alias.empty() ? fmt::format("expr{}", unnamed++) : item.alias;
            plan_.columns.push_back(SelectedColumn{.name = name, .is_aggregate = true});
            plan_.result.push_back(fmt::format("count({})", resolved.sql()));
        }
        return {};
    }

    Result<std::string> order_sql(const OrderKey& key) {
        const Resolved resolved = TRY(scope_.resolve(key.field));
        const Field& field = *resolved.field;
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
    Plan plan_;
};

}  // namespace

std::string Plan::result_sql() const {
    std::string sql;
    for (const std::string& column : result) sql += (sql.empty() ? "" : ", ") + column;
    return sql;
}

std::string Plan::limit_sql() const {
    return limit ? fmt::format(" LIMIT {}", *limit) : std::string{};
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
