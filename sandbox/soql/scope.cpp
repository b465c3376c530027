#include "sandbox/soql/scope.h"

#include "sandbox/soql/syntax/lexer.h"

#include <fmt/format.h>

namespace koppla::sandbox::soql {

std::string quoted_name(std::string_view identifier) {
    std::string sql = "\"";
    for (const char c : identifier) {
        if (c == '"') sql += '"';
        sql += c;
    }
    return sql + '"';
}

std::string table_sql(const Object& object) {
    return quoted_name("org_" + object.name());
}

std::string Resolved::sql() const {
    if (!expression.empty()) return expression;
    return fmt::format("t{}.{}", join, quoted_name(field->name));
}

std::string Resolved::name() const {
    std::string dotted;
    for (const std::string& relationship : relationships) dotted += relationship + ".";
    return dotted + field->name;
}

Error no_such_column(std::string_view soql, const Path& path, const Object& object) {
    return located(
        soql, path.at,
        fmt::format("No such column '{}' on entity '{}'. If you are attempting to use a custom field, "
                    "be sure to append the '__c' after the custom field name. Please reference your "
                    "WSDL or the describe call for the appropriate names.",
                    path.names.back(), object.name()),
        "INVALID_FIELD");
}

Scope::Scope(const Catalog& catalog, std::string_view soql, const Object& object, std::string_view alias)
    : catalog_{catalog}, soql_{soql}, alias_{lower_case(alias)} {
    joins_.push_back(Join{.parent = 0, .reference = nullptr, .object = &object});
}

Scope::Scope(Scope& outer, const Object& object, std::string_view alias)
    : Scope{outer.catalog_, outer.soql_, object, alias} {
    outer_ = &outer;
}

Result<Resolved> Scope::resolve(const Path& path) {
    if (path.function.empty()) return resolve_field(path);
    Resolved found{.join = 0, .object = &object(), .field = nullptr};
    if (!path.names.empty()) found = TRY(resolve_field(path));
    Applied applied = TRY(apply_function(soql_, path, found));
    found.use = applied.use;
    found.expression = std::move(applied.sql);
    if (applied.use != Resolved::Use::label) {
        made_.push_back(std::move(applied.field));
        found.field = &made_.back();
    }
    return found;
}

Result<Resolved> Scope::resolve_field(const Path& path) {
    Resolved found{.join = 0, .object = &object(), .field = nullptr};
    std::size_t first = 0;
    if (path.names.size() > 1) {
        const std::string head = lower_case(path.names.front());
        const bool is_object =
            head == lower_case(object().name()) && object().find_relationship(head) == nullptr;
        if ((!alias_.empty() && head == alias_) || is_object) first = 1;
    }
    for (std::size_t i = first; i + 1 < path.names.size(); ++i) {
        const Field* reference = found.object->find_relationship(path.names[i]);
        const Object* target = reference == nullptr ? nullptr : catalog_.target_of(*reference);
        if (target == nullptr) {
            return located(
                soql_, path.at,
                fmt::format("Didn't understand relationship '{}' in field path. If you are attempting to "
                            "use a custom relationship, be sure to append the '__r' after the custom "
                            "relationship name. Please reference your WSDL or the describe call for the "
                            "appropriate names.",
                            path.names[i]),
                "INVALID_FIELD");
        }
        found.join = join(found.join, *reference, *target);
        found.object = target;
        found.relationships.push_back(reference->relationship_name);
    }
    found.field = found.object->find(path.names.back());
    if (found.field == nullptr) {
        return no_such_column(soql_, path, *found.object);
    }
    return found;
}

std::size_t Scope::join(std::size_t parent, const Field& reference, const Object& target) {
    for (std::size_t i = 1; i < joins_.size(); ++i) {
        const Join& known = joins_[i];
        if (known.parent == parent && known.reference == &reference && known.object == &target) return i;
    }
    joins_.push_back(Join{.parent = parent, .reference = &reference, .object = &target});
    return joins_.size() - 1;
}

std::string Scope::bind(Value value) {
    if (outer_ != nullptr) return outer_->bind(std::move(value));
    bound_.push_back(std::move(value));
    return fmt::format("${}", bound_.size());
}

std::string Scope::table() const {
    return table_sql(object()) + " t0";
}

std::string Scope::joins() const {
    std::string sql;
    for (std::size_t i = 1; i < joins_.size(); ++i) {
        sql += fmt::format(" LEFT JOIN {} t{} ON t{}.\"Id\" = t{}.{}", table_sql(*joins_[i].object), i, i,
                           joins_[i].parent, quoted_name(joins_[i].reference->name));
    }
    return sql;
}

}  // namespace koppla::sandbox::soql
