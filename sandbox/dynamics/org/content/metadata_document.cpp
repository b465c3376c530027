#include "sandbox/dynamics/org/content/metadata_document.h"

#include "sandbox/dynamics/org/content/csdl.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

constexpr int usual_length = 4'000;
constexpr int money_digits = 4;
constexpr int decimal_digits = 4;
constexpr int rate_digits = 10;
constexpr double amount_max = 922'337'203'685'477.0;
constexpr double number_max = 100'000'000'000.0;
constexpr double rate_max = 900'000'000.0;
constexpr int first_type_code = 10'000;
constexpr std::string_view namespace_alias = "mscrm.";
constexpr std::array<std::string_view, 18> read_only_names{"createdon",
                                                           "modifiedon",
                                                           "createdby",
                                                           "modifiedby",
                                                           "createdonbehalfby",
                                                           "modifiedonbehalfby",
                                                           "versionnumber",
                                                           "exchangerate",
                                                           "owninguser",
                                                           "owningteam",
                                                           "owningbusinessunit",
                                                           "fullname",
                                                           "yomifullname",
                                                           "entityimageid",
                                                           "entityimage_url",
                                                           "entityimage_timestamp",
                                                           "merged",
                                                           "masterid"};

std::string without_alias(std::string_view type) {
    if (type.starts_with(namespace_alias)) type.remove_prefix(namespace_alias.size());
    return std::string{type};
}

bool is_collection(std::string_view type) {
    return type.starts_with("Collection(");
}

/// "_parentcustomerid_value" as "parentcustomerid"; empty for what is no lookup.
std::string lookup_name(std::string_view property) {
    constexpr std::string_view ending = "_value";
    if (property.size() <= ending.size() + 1 || property.front() != '_' || !property.ends_with(ending))
        return {};
    return std::string{property.substr(1, property.size() - ending.size() - 1)};
}

bool is_read_only(std::string_view name) {
    return std::ranges::find(read_only_names, name) != read_only_names.end() || name.ends_with("_base") ||
           name.ends_with("_composite");
}

/// Makes the tables of one document.
class Tables {
  public:
    explicit Tables(const Csdl& csdl) : csdl_{csdl} {
        for (const auto& set : csdl.sets) sets_.emplace(set.type, set.name);
    }

    MetadataDocument make() {
        std::vector<Table> tables;
        for (const auto& type : csdl_.types) {
            const auto set = sets_.find(type.name);
            if (set == sets_.end()) {
                // Abstract types and those that only others hold have no rows of their own.
                continue;
            }
            if (auto table = make(type, set->second)) tables.push_back(std::move(*table));
        }
        return {.catalog = Catalog{std::move(tables), std::move(ways_), "1"}, .misfits = std::move(misfits_)};
    }

  private:
    const Csdl::Type* find(std::string_view name) const {
        const auto found = csdl_.by_name.find(std::string{name});
        return found == csdl_.by_name.end() ? nullptr : &csdl_.types[found->second];
    }

    /// The type and those that it derives from.
    std::vector<const Csdl::Type*> line_of(const Csdl::Type& type) const {
        std::vector<const Csdl::Type*> line{&type};
        constexpr std::size_t depth_max = 20;
        while (line.size() < depth_max) {
            const auto* base = find(without_alias(line.back()->base));
            if (base == nullptr) break;
            line.push_back(base);
        }
        return line;
    }

    std::string key_of(const Csdl::Type& type, const std::vector<const Csdl::Type*>& line) const {
        const auto own = type.name + "id";
        const auto has_own = std::ranges::any_of(line, [&](const auto* one) {
            return std::ranges::find(one->properties, own, &Csdl::Property::name) != one->properties.end();
        });
        for (const auto* one : line) {
            // Users and teams have the key of the principals they are; their rows' own id is another column.
            if (one->keys.size() == 1)
                return one->keys.front() == "ownerid" && has_own ? own : one->keys.front();
        }
        return {};
    }

    std::optional<Table> make(const Csdl::Type& type, const std::string& set) {
        const auto line = line_of(type);
        const auto key = key_of(type, line);
        if (key == "MetadataId") return std::nullopt;
        if (key.empty()) {
            misfits_.push_back(
                fmt::format("{} has no key of one column: its rows can't be told apart", type.name));
            return std::nullopt;
        }
        std::vector<Attribute> attributes;
        std::set<std::string> known;
        for (const auto* one : line) {
            for (const auto& property : one->properties) {
                if (!known.insert(property.name).second) continue;
                if (auto attribute = make_attribute(type, line, property))
                    attributes.push_back(std::move(*attribute));
            }
        }
        const auto has = [&](std::string_view name) {
            return std::ranges::find(attributes, name, &Attribute::name) != attributes.end();
        };
        if (!has(key)) {
            misfits_.push_back(fmt::format("{}'s key {} is none of its columns", type.name, key));
            return std::nullopt;
        }
        for (Attribute& attribute : attributes) {
            if (attribute.name != key) continue;
            attribute.is_primary_id = true;
            attribute.can_update = false;
            attribute.required = Requirement::system;
        }
        TableFacts facts{.name = type.name,
                         .schema_name = type.name,
                         .set_name = set,
                         .label = type.name,
                         .collection_label = set,
                         .primary_id = key,
                         .primary_name = mark_title(attributes),
                         .object_type_code = first_type_code + static_cast<int>(ways_.size() % 50'000),
                         .ownership = has("ownerid") ? Ownership::user : Ownership::organization,
                         .is_activity = key == "activityid",
                         .is_custom = type.name.find('_') != std::string::npos,
                         .has_change_tracking = has(version_column)};
        add_ways(type, line, attributes);
        return Table{std::move(facts), std::move(attributes), alternate_keys(type, known)};
    }

    std::optional<Attribute> make_attribute(const Csdl::Type& type,
                                            const std::vector<const Csdl::Type*>& line,
                                            const Csdl::Property& property) {
        const auto lookup = lookup_name(property.name);
        Attribute attribute{.name = lookup.empty() ? property.name : lookup,
                            .schema_name = lookup.empty() ? property.name : lookup,
                            .label = lookup.empty() ? property.name : lookup,
                            .is_custom = property.name.find('_', 1) != std::string::npos && lookup.empty()};
        attribute.can_create = attribute.can_update = !is_read_only(attribute.name);
        if (!lookup.empty()) {
            make_lookup(line, property, attribute);
            return attribute;
        }
        if (set_type(type, line, property, attribute)) return attribute;
        misfits_.push_back(fmt::format("{}.{} is of type {}, which becomes no column", type.name,
                                       property.name, property.type));
        return std::nullopt;
    }

    static void make_lookup(const std::vector<const Csdl::Type*>& line, const Csdl::Property& property,
                            Attribute& attribute) {
        attribute.type = AttributeType::lookup;
        for (const auto* one : line) {
            for (const auto& way : one->ways) {
                if (way.property != property.name || is_collection(way.type)) continue;
                const auto target = without_alias(way.type);
                if (target == "principal") {
                    attribute.type = AttributeType::owner;
                    attribute.targets = {"systemuser", "team"};
                } else if (std::ranges::find(attribute.targets, target) == attribute.targets.end()) {
                    attribute.targets.push_back(target);
                }
            }
        }
        const bool is_customer = attribute.targets.size() == 2 &&
                                 std::ranges::find(attribute.targets, "account") != attribute.targets.end() &&
                                 std::ranges::find(attribute.targets, "contact") != attribute.targets.end();
        if (is_customer) attribute.type = AttributeType::customer;
    }

    bool set_type(const Csdl::Type& type, const std::vector<const Csdl::Type*>& line,
                  const Csdl::Property& property, Attribute& attribute) const {
        const std::string_view edm = property.type;
        if (edm == "Edm.String") {
            attribute.length_max = usual_length;
            attribute.format = "Text";
        } else if (edm == "Edm.Guid") {
            attribute.type = AttributeType::guid;
        } else if (edm == "Edm.Boolean") {
            attribute.type = AttributeType::boolean;
            attribute.options = {.name = type.name + "_" + property.name,
                                 .options = {{.value = 1, .label = "Yes"}, {.value = 0, .label = "No"}}};
            attribute.default_value = 0;
        } else if (edm == "Edm.Int32" || edm == "Edm.Int16") {
            attribute.type = AttributeType::integer;
            attribute.minimum = -2'147'483'648.0;
            attribute.maximum = 2'147'483'647.0;
            attribute.format = "None";
            if (property.name == "statecode") attribute.type = AttributeType::state;
            if (property.name == "statuscode") attribute.type = AttributeType::status;
        } else if (edm == "Edm.Int64") {
            attribute.type = AttributeType::big_int;
            attribute.minimum = -9'223'372'036'854'775'807.0;
            attribute.maximum = 9'223'372'036'854'775'807.0;
        } else if (edm == "Edm.Decimal") {
            set_decimal(line, property, attribute);
        } else if (edm == "Edm.Double") {
            attribute.type = AttributeType::real;
            attribute.precision = 5;
            attribute.minimum = -number_max;
            attribute.maximum = number_max;
        } else if (edm == "Edm.DateTimeOffset" || edm == "Edm.Date") {
            attribute.type = AttributeType::date_time;
            if (edm == "Edm.Date") {
                attribute.behavior = DateBehavior::date_only;
                attribute.date_format = DateFormat::date_only;
            }
        } else if (edm == "Edm.Binary") {
            attribute.type = AttributeType::image;
        } else if (edm == "mscrm.BooleanManagedProperty") {
            attribute.type = AttributeType::managed_property;
            attribute.can_create = attribute.can_update = false;
        } else {
            return false;
        }
        return true;
    }

    /// An amount has a twin in the base currency.
    static void set_decimal(const std::vector<const Csdl::Type*>& line, const Csdl::Property& property,
                            Attribute& attribute) {
        const auto has = [&](const std::string& name) {
            return std::ranges::any_of(line, [&](const auto* one) {
                return std::ranges::find(one->properties, name, &Csdl::Property::name) !=
                       one->properties.end();
            });
        };
        constexpr std::string_view ending = "_base";
        const bool is_base = property.name.ends_with(ending);
        if (is_base || has(property.name + std::string{ending})) {
            attribute.type = AttributeType::money;
            attribute.scale = money_digits;
            attribute.precision = 2;
            attribute.minimum = -amount_max;
            attribute.maximum = amount_max;
            const auto amount = property.name.substr(0, property.name.size() - (is_base ? ending.size() : 0));
            if (is_base && has(amount)) attribute.base_of = amount;
            return;
        }
        const bool is_rate = property.name == "exchangerate";
        attribute.type = AttributeType::decimal;
        attribute.scale = attribute.precision = is_rate ? rate_digits : decimal_digits;
        attribute.minimum = is_rate ? 0.0000000001 : -number_max;
        attribute.maximum = is_rate ? rate_max : number_max;
    }

    /// The column that people know a row by.
    static std::string mark_title(std::vector<Attribute>& attributes) {
        for (const std::string_view name : {"fullname", "name", "subject", "title", "_name"}) {
            for (Attribute& attribute : attributes) {
                const bool fits =
                    name.starts_with('_') ? attribute.name.ends_with(name) : attribute.name == name;
                if (!fits || attribute.type != AttributeType::string) continue;
                attribute.is_primary_name = true;
                return attribute.name;
            }
        }
        return {};
    }

    void add_ways(const Csdl::Type& type, const std::vector<const Csdl::Type*>& line,
                  std::vector<Attribute>& attributes) {
        std::string left_out;
        std::size_t left_count = 0;
        for (const auto* one : line) {
            for (const auto& way : one->ways) {
                const auto lookup = lookup_name(way.property);
                if (!lookup.empty() && !is_collection(way.type)) {
                    const auto target =
                        without_alias(way.type) == "principal" ? "owner" : without_alias(way.type);
                    const auto name = way.partner.empty()
                                          ? fmt::format("{}_{}_{}", type.name, target, way.name)
                                          : way.partner;
                    const auto* aimed = find(target);
                    ways_.push_back({.schema_name = name,
                                     .referencing = type.name,
                                     .referencing_attribute = lookup,
                                     .navigation = way.name,
                                     .referenced = target,
                                     .referenced_attribute =
                                         aimed == nullptr ? "ownerid" : key_of(*aimed, line_of(*aimed)),
                                     .collection = name});
                    continue;
                }
                // The other side of a lookup comes from there; ways between many have no column.
                if (is_collection(way.type) && is_between_many(way)) {
                    ++left_count;
                    if (left_count <= 3) left_out += (left_out.empty() ? "" : ", ") + way.name;
                }
            }
        }
        if (left_count > 0)
            misfits_.push_back(
                fmt::format("{} of {}'s ways are between many rows and many, which have no column: {}{}",
                            left_count, type.name, left_out, left_count > 3 ? " …" : ""));
        std::vector<Attribute> types;
        for (Attribute& attribute : attributes) {
            if (!attribute.is_lookup() || attribute.targets.size() < 2) continue;
            Attribute column{.name = attribute.name == "regardingobjectid" ? "regardingobjecttypecode"
                                                                           : attribute.name + "type",
                             .schema_name = attribute.name + "type",
                             .label = attribute.name + " type",
                             .type = AttributeType::entity_name,
                             .type_of = attribute.name};
            attribute.type_column = column.name;
            types.push_back(std::move(column));
        }
        for (Attribute& column : types) attributes.push_back(std::move(column));
    }

    bool is_between_many(const Csdl::Way& way) const {
        const auto inner = way.type.substr(11, way.type.size() - 12);
        const auto* other = find(without_alias(inner));
        if (other == nullptr) return false;
        for (const auto* one : line_of(*other)) {
            const auto partner = std::ranges::find(one->ways, way.partner, &Csdl::Way::name);
            if (partner != one->ways.end()) return is_collection(partner->type);
        }
        return false;
    }

    static std::vector<AlternateKey> alternate_keys(const Csdl::Type& type,
                                                    const std::set<std::string>& known) {
        std::vector<AlternateKey> keys;
        for (const auto& parts : type.alternate_keys) {
            AlternateKey key;
            for (const auto& part : parts) {
                if (!known.contains(part)) continue;
                const auto lookup = lookup_name(part);
                key.attributes.push_back(lookup.empty() ? part : lookup);
                key.name += (key.name.empty() ? "" : "_") + key.attributes.back();
            }
            if (key.attributes.empty() || key.attributes.size() != parts.size()) continue;
            key.name += "_key";
            key.schema_name = key.label = key.name;
            keys.push_back(std::move(key));
        }
        return keys;
    }

    const Csdl& csdl_;
    std::map<std::string, std::string> sets_;  ///< by type
    std::vector<Relationship> ways_;
    std::vector<std::string> misfits_;
};

}  // namespace

Result<MetadataDocument> read_metadata(std::string_view xml) {
    const auto csdl = TRY(read_csdl(xml));
    auto document = Tables{csdl}.make();
    if (document.catalog.tables().empty())
        return error(ErrorKind::invalid, "The $metadata document has no entity set whose rows have a key");
    return document;
}

bool is_metadata(std::string_view text) {
    constexpr std::size_t beginning = 1'000;
    return text.substr(0, beginning).find("<edmx:Edmx") != std::string_view::npos;
}

}  // namespace koppla::sandbox::dynamics
