#pragma once

#include "sandbox/dynamics/org/catalog.h"
#include "sandbox/web/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::dynamics {

/// The metadata of an org as the Web API prints it. [Dataverse: Web API EntityMetadata, AttributeMetadata and
/// their kind]

/// All properties of a table, without its attributes, keys and relationships.
Json entity_json(const Table& table);
/// All properties of an attribute with its "@odata.type"; its option sets under OptionSet and
/// GlobalOptionSet.
Json attribute_json(const Table& table, const Attribute& attribute);
Json key_json(const Table& table, const AlternateKey& key);
Json relationship_json(const Relationship& relationship);
Json option_set_json(const OptionSet& set, const Attribute* of);

/// "Picklist" of "Microsoft.Dynamics.CRM.PicklistAttributeMetadata", which an attribute can be cast to.
std::string_view type_name(AttributeType type);
/// Whether every kind of attribute has this property.
bool is_common_property(std::string_view name);

}  // namespace koppla::sandbox::dynamics
