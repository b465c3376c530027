#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/handlers.h"

#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::string_view head =
    R"x(<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">)x"
    R"x(<edmx:Reference Uri="http://vocabularies.odata.org/OData.Community.Keys.V1.xml"><edmx:Include Namespace="OData.Community.Keys.V1" Alias="Keys" /><edmx:IncludeAnnotations TermNamespace="OData.Community.Keys.V1" /></edmx:Reference>)x"
    R"x(<edmx:Reference Uri="http://vocabularies.odata.org/OData.Community.Display.V1.xml"><edmx:Include Namespace="OData.Community.Display.V1" Alias="Display" /><edmx:IncludeAnnotations TermNamespace="OData.Community.Display.V1" /></edmx:Reference>)x"
    R"x(<edmx:DataServices><Schema Namespace="Microsoft.Dynamics.CRM" Alias="mscrm" xmlns="http://docs.oasis-open.org/odata/ns/edm">)x"
    R"x(<EntityType Name="crmbaseentity" Abstract="true" />)x";

/// Types of metadata and functions: what clients look for by name.
constexpr std::string_view metadata_types =
    R"x(<ComplexType Name="LocalizedLabel"><Property Name="Label" Type="Edm.String" Unicode="false" /><Property Name="LanguageCode" Type="Edm.Int32" /><Property Name="IsManaged" Type="Edm.Boolean" /><Property Name="MetadataId" Type="Edm.Guid" /><Property Name="HasChanged" Type="Edm.Boolean" /></ComplexType>)x"
    R"x(<ComplexType Name="Label"><Property Name="LocalizedLabels" Type="Collection(mscrm.LocalizedLabel)" /><Property Name="UserLocalizedLabel" Type="mscrm.LocalizedLabel" /></ComplexType>)x"
    R"x(<ComplexType Name="BooleanManagedProperty"><Property Name="Value" Type="Edm.Boolean" /><Property Name="CanBeChanged" Type="Edm.Boolean" /><Property Name="ManagedPropertyLogicalName" Type="Edm.String" Unicode="false" /></ComplexType>)x"
    R"x(<ComplexType Name="AttributeTypeDisplayName"><Property Name="Value" Type="Edm.String" Unicode="false" /></ComplexType>)x"
    R"x(<EntityType Name="MetadataBase" BaseType="mscrm.crmbaseentity" Abstract="true"><Key><PropertyRef Name="MetadataId" /></Key><Property Name="MetadataId" Type="Edm.Guid" /><Property Name="HasChanged" Type="Edm.Boolean" /></EntityType>)x"
    R"x(<EntityType Name="AttributeMetadata" BaseType="mscrm.MetadataBase"><Property Name="AttributeOf" Type="Edm.String" Unicode="false" /><Property Name="AttributeType" Type="Edm.String" Unicode="false" /><Property Name="AttributeTypeName" Type="mscrm.AttributeTypeDisplayName" /><Property Name="ColumnNumber" Type="Edm.Int32" /><Property Name="Description" Type="mscrm.Label" /><Property Name="DisplayName" Type="mscrm.Label" /><Property Name="EntityLogicalName" Type="Edm.String" Unicode="false" /><Property Name="IsPrimaryId" Type="Edm.Boolean" /><Property Name="IsPrimaryName" Type="Edm.Boolean" /><Property Name="IsValidForCreate" Type="Edm.Boolean" /><Property Name="IsValidForRead" Type="Edm.Boolean" /><Property Name="IsValidForUpdate" Type="Edm.Boolean" /><Property Name="LogicalName" Type="Edm.String" Unicode="false" /><Property Name="SchemaName" Type="Edm.String" Unicode="false" /></EntityType>)x"
    R"x(<EntityType Name="EntityKeyMetadata" BaseType="mscrm.MetadataBase"><Property Name="LogicalName" Type="Edm.String" Unicode="false" /><Property Name="SchemaName" Type="Edm.String" Unicode="false" /><Property Name="KeyAttributes" Type="Collection(Edm.String)" /></EntityType>)x"
    R"x(<EntityType Name="RelationshipMetadataBase" BaseType="mscrm.MetadataBase"><Property Name="SchemaName" Type="Edm.String" Unicode="false" /></EntityType>)x"
    R"x(<EntityType Name="OptionSetMetadataBase" BaseType="mscrm.MetadataBase"><Property Name="Name" Type="Edm.String" Unicode="false" /><Property Name="IsGlobal" Type="Edm.Boolean" /></EntityType>)x"
    R"x(<EntityType Name="EntityMetadata" BaseType="mscrm.MetadataBase"><Property Name="LogicalName" Type="Edm.String" Unicode="false" /><Property Name="SchemaName" Type="Edm.String" Unicode="false" /><Property Name="EntitySetName" Type="Edm.String" Unicode="false" /><Property Name="LogicalCollectionName" Type="Edm.String" Unicode="false" /><Property Name="DisplayName" Type="mscrm.Label" /><Property Name="DisplayCollectionName" Type="mscrm.Label" /><Property Name="Description" Type="mscrm.Label" /><Property Name="ObjectTypeCode" Type="Edm.Int32" /><Property Name="PrimaryIdAttribute" Type="Edm.String" Unicode="false" /><Property Name="PrimaryNameAttribute" Type="Edm.String" Unicode="false" /><Property Name="ChangeTrackingEnabled" Type="Edm.Boolean" /><Property Name="IsCustomEntity" Type="Edm.Boolean" /><NavigationProperty Name="Attributes" Type="Collection(mscrm.AttributeMetadata)" ContainsTarget="true" /><NavigationProperty Name="Keys" Type="Collection(mscrm.EntityKeyMetadata)" ContainsTarget="true" /></EntityType>)x"
    R"x(<ComplexType Name="WhoAmIResponse"><Property Name="BusinessUnitId" Type="Edm.Guid" Nullable="false" /><Property Name="UserId" Type="Edm.Guid" Nullable="false" /><Property Name="OrganizationId" Type="Edm.Guid" Nullable="false" /></ComplexType>)x"
    R"x(<ComplexType Name="RetrieveVersionResponse"><Property Name="Version" Type="Edm.String" Unicode="false" /></ComplexType>)x"
    R"x(<Function Name="WhoAmI"><ReturnType Type="mscrm.WhoAmIResponse" Nullable="false" /></Function>)x"
    R"x(<Function Name="RetrieveVersion"><ReturnType Type="mscrm.RetrieveVersionResponse" Nullable="false" /></Function>)x";

constexpr std::string_view tail =
    R"x(<EntitySet Name="EntityDefinitions" EntityType="Microsoft.Dynamics.CRM.EntityMetadata" />)x"
    R"x(<EntitySet Name="RelationshipDefinitions" EntityType="Microsoft.Dynamics.CRM.RelationshipMetadataBase" />)x"
    R"x(<EntitySet Name="GlobalOptionSetDefinitions" EntityType="Microsoft.Dynamics.CRM.OptionSetMetadataBase" />)x"
    R"x(<FunctionImport Name="WhoAmI" Function="Microsoft.Dynamics.CRM.WhoAmI" />)x"
    R"x(<FunctionImport Name="RetrieveVersion" Function="Microsoft.Dynamics.CRM.RetrieveVersion" />)x"
    R"x(</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>)x";

std::string_view edm_type(const Attribute& attribute) {
    switch (attribute.storage()) {
        case Storage::integer:
            if (attribute.type == AttributeType::boolean) return "Edm.Boolean";
            return attribute.type == AttributeType::big_int ? "Edm.Int64" : "Edm.Int32";
        case Storage::scaled:
            return "Edm.Decimal";
        case Storage::real:
            return "Edm.Double";
        case Storage::date:
            return "Edm.Date";
        case Storage::instant:
            return "Edm.DateTimeOffset";
        case Storage::guid:
            return "Edm.Guid";
        default:
            return attribute.type == AttributeType::image ? "Edm.Binary" : "Edm.String";
    }
}

void append_property(std::string& out, const Attribute& attribute) {
    const auto type = edm_type(attribute);
    out += fmt::format("<Property Name=\"{}\" Type=\"{}\"", attribute.wire_name(), type);
    if (type == "Edm.String") out += " Unicode=\"false\"";
    if (type == "Edm.Decimal") out += " Scale=\"Variable\"";
    out += " />";
}

/// Users and teams are principals, and have the principal's key.
bool is_principal(const Table& table) {
    return table.name() == "systemuser" || table.name() == "team";
}

void append_way(std::string& out, const Relationship& way, const Table& table) {
    const auto* lookup = table.find(way.referencing_attribute);
    const bool is_owner = way.referenced == "owner";
    out += fmt::format(
        "<NavigationProperty Name=\"{}\" Type=\"mscrm.{}\" Nullable=\"false\" Partner=\"{}\">"
        "<ReferentialConstraint Property=\"{}\" ReferencedProperty=\"{}\" /></NavigationProperty>",
        way.navigation, is_owner ? "principal" : way.referenced, way.collection,
        lookup == nullptr ? way.referencing_attribute : lookup->wire_name(),
        is_owner || way.referenced == "systemuser" || way.referenced == "team" ? "ownerid"
                                                                               : way.referenced_attribute);
}

void append_keys(std::string& out, const Table& table) {
    std::string records;
    for (const AlternateKey& key : table.keys()) {
        if (key.index != IndexState::active) continue;
        std::string parts;
        for (const auto& name : key.attributes) {
            const auto* attribute = table.find(name);
            parts += fmt::format(
                "<Record Type=\"OData.Community.Keys.V1.PropertyRef\"><PropertyValue "
                "Property=\"Alias\" String=\"{0}\" /><PropertyValue Property=\"Name\" "
                "PropertyPath=\"{0}\" /></Record>",
                attribute == nullptr ? name : attribute->wire_name());
        }
        records += fmt::format(
            "<Record Type=\"OData.Community.Keys.V1.AlternateKey\"><PropertyValue "
            "Property=\"Key\"><Collection>{}</Collection></PropertyValue></Record>",
            parts);
    }
    if (!records.empty())
        out += fmt::format(
            "<Annotation "
            "Term=\"OData.Community.Keys.V1.AlternateKeys\"><Collection>{}</Collection></Annotation>",
            records);
}

void append_type(std::string& out, const Catalog& catalog, const Table& table) {
    out += fmt::format("<EntityType Name=\"{}\" BaseType=\"mscrm.{}\"><Key><PropertyRef Name=\"{}\" /></Key>",
                       table.name(), is_principal(table) ? "principal" : "crmbaseentity",
                       is_principal(table) ? "ownerid" : table.primary_id());
    for (const Attribute& attribute : table.attributes())
        if (attribute.is_on_wire()) append_property(out, attribute);
    for (const auto* way : catalog.from(table)) append_way(out, *way, table);
    for (const auto* way : catalog.to(table))
        out += fmt::format("<NavigationProperty Name=\"{}\" Type=\"Collection(mscrm.{})\" Partner=\"{}\" />",
                           way->collection, way->referencing, way->navigation);
    append_keys(out, table);
    out += "</EntityType>";
}

void append_set(std::string& out, const Catalog& catalog, const Table& table) {
    out += fmt::format("<EntitySet Name=\"{}\" EntityType=\"Microsoft.Dynamics.CRM.{}\">", table.set_name(),
                       table.name());
    const auto bind = [&](const std::string& path, const std::string& target) {
        if (const auto* other = catalog.find(target))
            out += fmt::format("<NavigationPropertyBinding Path=\"{}\" Target=\"{}\" />", path,
                               other->set_name());
    };
    for (const auto* way : catalog.from(table)) bind(way->navigation, way->referenced);
    for (const auto* way : catalog.to(table)) bind(way->collection, way->referencing);
    out += "</EntitySet>";
}

}  // namespace

Answer metadata_document(Services&, const Ask& ask) {
    const Catalog& catalog = *ask.catalog;
    std::string xml{head};
    xml +=
        R"x(<EntityType Name="principal" BaseType="mscrm.crmbaseentity" Abstract="true"><Key><PropertyRef Name="ownerid" /></Key><Property Name="ownerid" Type="Edm.Guid" />)x";
    for (const Relationship& way : catalog.relationships()) {
        if (way.referenced == "owner")
            xml +=
                fmt::format("<NavigationProperty Name=\"{}\" Type=\"Collection(mscrm.{})\" Partner=\"{}\" />",
                            way.collection, way.referencing, way.navigation);
    }
    xml += "</EntityType>";
    for (const Table& table : catalog.tables()) append_type(xml, catalog, table);
    xml += metadata_types;
    xml += R"x(<EntityContainer Name="System">)x";
    for (const Table& table : catalog.tables()) append_set(xml, catalog, table);
    xml += tail;
    auto document = answer(200, std::move(xml));
    document.response.headers.set("Content-Type", "application/xml");
    return document;
}

}  // namespace koppla::sandbox::dynamics
