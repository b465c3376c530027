#include "crm/odata/metadata.h"

#include "base/ascii.h"
#include "crm/odata/dialect.h"
#include "crm/odata/query.h"
#include "crm/refusal.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace koppla::odata {

namespace {

using model::FieldSchema;
using model::Kind;
using model::ObjectSchema;
using model::Type;

/// [IEEE 754]: a double holds so many decimal digits, whatever they are.
constexpr int double_digits = 15;
/// Where a decimal's bounds aren't told, it may be of any length.
constexpr int digits_max = 38;

/// The kinds of OData's own types; of some, their measures follow.
constexpr auto kinds = std::to_array<std::pair<std::string_view, Type>>({
    {"Edm.String", {.kind = Kind::text}},
    {"Edm.Boolean", {.kind = Kind::boolean}},
    {"Edm.Byte", {.kind = Kind::integer, .precision = 3}},
    {"Edm.SByte", {.kind = Kind::integer, .precision = 3}},
    {"Edm.Int16", {.kind = Kind::integer, .precision = 5}},
    {"Edm.Int32", {.kind = Kind::integer, .precision = 10}},
    {"Edm.Int64", {.kind = Kind::integer, .precision = 19}},
    {"Edm.Decimal", {.kind = Kind::decimal, .precision = digits_max}},
    {"Edm.Double", {.kind = Kind::decimal, .precision = double_digits}},
    {"Edm.Single", {.kind = Kind::decimal, .precision = double_digits}},
    {"Edm.Guid", {.kind = Kind::identifier, .length = 36}},
    {"Edm.Date", {.kind = Kind::date}},
    {"Edm.DateTimeOffset", {.kind = Kind::instant}},
    {"Edm.TimeOfDay", {.kind = Kind::time}},
    {"Edm.Duration", {.kind = Kind::text}},
});

class Set {
  public:
    Set(const Csdl& csdl, const Csdl::EntitySet& set, std::span<const std::string> index_fields)
        : csdl_{csdl}, set_{set}, line_{csdl.line_of(set.type)}, index_fields_{index_fields} {}

    Result<ObjectSchema> schema() {
        if (!is_identifier(set_.name))
            return error(ErrorKind::corrupt, "the metadata name a set that can't stand in a query");
        schema_.name = set_.name;
        schema_.label = set_.label.empty() ? set_.name : set_.label;
        for (const Csdl::EntityType* type : line_)
            for (const Csdl::Property& property : type->properties) add(property);
        TRY(choose_key());
        for (const Csdl::EntityType* type : line_) {
            for (const auto& [property, target] : type->references) point(property, target);
        }
        schema_.stamp = stamp();
        if (set_.has_feed) add_feed();
        return std::move(schema_);
    }

  private:
    void note(const std::string& name, const std::string& type, std::string instead) {
        schema_.notices.push_back(
            {.field = shown(name), .remote_type = shown(type), .instead = std::move(instead)});
    }

    void add(const Csdl::Property& property) {
        const std::string& name = property.name;
        if (!is_identifier(name))
            return note(name, property.type, "it is not imported: its name can't stand in a query");
        if (!seen_.insert(name).second)
            return note(name, property.type, "it is imported once: the metadata name it twice");
        if (schema_.find(name) != nullptr)
            return note(name, property.type, "it is not imported: another differs from it by case alone");
        std::string type = property.type;
        if (const auto definition = csdl_.definitions.find(type); definition != csdl_.definitions.end())
            type = definition->second;
        if (type == "Edm.Binary" || type == "Edm.Stream")
            return note(name, property.type, "binary content is not imported; the object's other fields are");
        FieldSchema field{.name = name,
                          .label = property.label.empty() ? name : property.label,
                          .remote_type = type,
                          .is_required = !property.is_nullable && !property.is_computed};
        const auto* const plain = std::ranges::find(kinds, type, &std::pair<std::string_view, Type>::first);
        if (plain != kinds.end()) {
            field.type = measured(plain->second, property);
        } else if (const auto choice = csdl_.enums.find(type); choice != csdl_.enums.end()) {
            field.type = {.kind = choice->second.has_flags ? Kind::enumerations : Kind::enumeration};
            for (const std::string& member : choice->second.members)
                field.values.push_back({.code = member, .label = member});
        } else {
            note(name, property.type, "it is imported as the JSON text that the service sends");
            field.is_filterable = field.is_sortable = false;
        }
        schema_.fields.push_back(std::move(field));
    }

    static Type measured(Type type, const Csdl::Property& property) {
        if (type.kind == Kind::text) type.length = property.length;
        if (type.precision == digits_max) {
            type.precision = property.precision.value_or(digits_max);
            type.scale = property.scale.value_or(0);
        }
        return type;
    }

    Result<void> choose_key() {
        std::vector<std::string> key;
        for (const Csdl::EntityType* type : line_)
            if (!type->key.empty()) key = type->key;
        if (key.size() != 1) {
            return error(ErrorKind::unsupported,
                         key.empty()
                             ? fmt::format("set {} has no key, so its records can't be told apart", set_.name)
                             : fmt::format("records of set {} are told apart by {} fields together, and "
                                           "one is needed",
                                           set_.name, key.size()));
        }
        const auto field = std::ranges::find(schema_.fields, key.front(), &FieldSchema::name);
        if (field == schema_.fields.end()) {
            return error(ErrorKind::unsupported,
                         fmt::format("the key of set {} is no field of its own", set_.name));
        }
        field->type.kind = Kind::identifier;
        field->is_unique = true;
        schema_.key = field->name;
        return {};
    }

    void point(const std::string& property, const std::string& target) {
        const auto field = std::ranges::find(schema_.fields, property, &FieldSchema::name);
        if (field == schema_.fields.end() || field->name == schema_.key) return;
        const auto to = std::ranges::find(csdl_.sets, target, &Csdl::EntitySet::type);
        if (to == csdl_.sets.end()) return;
        field->type.kind = Kind::reference;
        if (std::ranges::find(field->targets, to->name) == field->targets.end())
            field->targets.push_back(to->name);
    }

    [[nodiscard]] std::string stamp() const {
        for (const std::string& name : index_fields_) {
            const FieldSchema* const field = schema_.find(name);
            if (field != nullptr && field->type.kind == Kind::instant) return field->name;
        }
        return {};
    }

    void add_feed() {
        schema_.has_feed = true;
        FieldSchema flag{.name = "isdeleted",
                         .label = "Deleted",
                         .remote_type = std::string{removal_type},
                         .type = {.kind = Kind::boolean},
                         .is_filterable = false,
                         .is_sortable = false};
        if (schema_.find(flag.name) != nullptr) flag.name = "koppla_isdeleted";
        schema_.removal_flag = flag.name;
        schema_.fields.push_back(std::move(flag));
    }

    const Csdl& csdl_;
    const Csdl::EntitySet& set_;
    const std::vector<const Csdl::EntityType*> line_;
    const std::span<const std::string> index_fields_;
    std::set<std::string> seen_;
    ObjectSchema schema_;
};

}  // namespace

std::vector<ObjectSummary> object_summaries(const Csdl& csdl) {
    std::vector<ObjectSummary> summaries;
    for (const Csdl::EntitySet& set : csdl.sets) {
        if (!is_identifier(set.name)) continue;
        summaries.push_back({.name = set.name,
                             .label = set.label.empty() ? set.name : set.label,
                             .is_readable = !csdl.line_of(set.type).empty()});
    }
    return summaries;
}

Result<ObjectSchema> object_schema(const Csdl& csdl, std::string_view set,
                                   std::span<const std::string> index_fields) {
    auto found = std::ranges::find(csdl.sets, set, &Csdl::EntitySet::name);
    if (found == csdl.sets.end()) {
        found = std::ranges::find_if(
            csdl.sets, [&](const Csdl::EntitySet& each) { return equal_without_case(each.name, set); });
    }
    if (found == csdl.sets.end()) {
        return error(ErrorKind::not_found, fmt::format("the service has no entity set '{}'", shown(set)));
    }
    return Set{csdl, *found, index_fields}.schema();
}

std::vector<std::string> names_in(std::string_view list) {
    std::vector<std::string> names;
    while (!list.empty()) {
        const auto end = std::min(list.find_first_of(", "), list.size());
        if (end > 0) names.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(list.size(), end + 1));
    }
    return names;
}

}  // namespace koppla::odata
