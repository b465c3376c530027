#include "crm/odata/metadata.h"

#include "crm/odata/test/shared_data.h"

#include <filesystem>

#include <gmock/gmock.h>

namespace koppla::odata {
namespace {

using model::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string shop = R"x(<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="Shop.Model" Alias="s" xmlns="http://docs.oasis-open.org/odata/ns/edm">
  <EnumType Name="Colour"><Member Name="Red" Value="1"/><Member Name="Blue" Value="2"/></EnumType>
  <EnumType Name="Marks" IsFlags="true"><Member Name="New"/></EnumType>
  <TypeDefinition Name="Weight" UnderlyingType="Edm.Decimal"/>
  <ComplexType Name="Address"><Property Name="Street" Type="Edm.String"/></ComplexType>
  <EntityType Name="Thing" Abstract="true"><Key><PropertyRef Name="ID"/></Key>
    <Property Name="ID" Type="Edm.Guid" Nullable="false"/>
    <Property Name="modifiedAt" Type="Edm.DateTimeOffset"><Annotation Term="Org.OData.Core.V1.Computed" Bool="true"/></Property>
  </EntityType>
  <EntityType Name="Product" BaseType="s.Thing">
    <Property Name="Name" Type="Edm.String" MaxLength="80" Nullable="false"><Annotation Term="Common.Label" String="The name"/></Property>
    <Property Name="Price" Type="Edm.Decimal" Precision="12" Scale="2"/>
    <Property Name="Any" Type="Edm.Decimal" Scale="variable"/>
    <Property Name="Kilos" Type="s.Weight"/>
    <Property Name="Colour" Type="s.Colour"/><Property Name="Marks" Type="s.Marks"/>
    <Property Name="Address" Type="s.Address"/><Property Name="Tags" Type="Collection(Edm.String)"/>
    <Property Name="Picture" Type="Edm.Binary"/>
    <Property Name="MakerCode" Type="Edm.String"/>
    <NavigationProperty Name="Maker" Type="s.Maker"><ReferentialConstraint Property="MakerCode" ReferencedProperty="Code"/></NavigationProperty>
  </EntityType>
  <EntityType Name="Maker"><Key><PropertyRef Name="Code"/></Key><Property Name="Code" Type="Edm.String"/></EntityType>
  <EntityType Name="Line"><Key><PropertyRef Name="A"/><PropertyRef Name="B"/></Key>
    <Property Name="A" Type="Edm.Int32"/><Property Name="B" Type="Edm.Int32"/></EntityType>
  <EntityType Name="Loop" BaseType="s.Loop"/>
  <EntityContainer Name="C">
    <EntitySet Name="Products" EntityType="s.Product"><Annotation Term="Org.OData.Capabilities.V1.ChangeTracking">
      <Record><PropertyValue Property="Supported" Bool="true"/></Record></Annotation></EntitySet>
    <EntitySet Name="Makers" EntityType="Shop.Model.Maker"/>
    <EntitySet Name="Lines" EntityType="s.Line"/><EntitySet Name="Loops" EntityType="s.Loop"/>
  </EntityContainer>
  <Annotations Target="s.Maker/Code"><Annotation Term="Common.Label" String="Short name"/></Annotations>
</Schema></edmx:DataServices></edmx:Edmx>)x";

Result<model::ObjectSchema> schema_of(const std::string& xml, std::string_view set) {
    const Csdl csdl = TRY(Csdl::of(xml));
    return object_schema(csdl, set, names_in(index_fields_usual));
}

TEST(MetadataOData, ASetBecomesAnObject) {
    const auto products = schema_of(shop, "Products");
    ASSERT_TRUE(products) << products.error().message;
    EXPECT_EQ(products->key, "ID");
    EXPECT_EQ(products->stamp, "modifiedAt");
    EXPECT_TRUE(products->has_feed);
    EXPECT_EQ(products->removal_flag, "isdeleted");
    EXPECT_FALSE(products->is_writable);
    std::vector<std::string> fields;
    for (const model::FieldSchema& field : products->fields)
        fields.push_back(field.name + " " + std::string{name(field.type.kind)});
    EXPECT_THAT(fields,
                ElementsAre("ID identifier", "modifiedAt instant", "Name text", "Price decimal",
                            "Any decimal", "Kilos decimal", "Colour enumeration", "Marks enumerations",
                            "Address text", "Tags text", "MakerCode reference", "isdeleted boolean"));
    EXPECT_EQ(products->find("Name")->label, "The name");
    EXPECT_EQ(products->find("Name")->type.length, 80);
    EXPECT_TRUE(products->find("Name")->is_required);
    EXPECT_FALSE(products->find("Price")->type.is_exact_text());
    EXPECT_TRUE(products->find("Any")->type.is_exact_text());
    EXPECT_EQ(products->find("Colour")->remote_type, "Shop.Model.Colour");
    EXPECT_EQ(products->find("Colour")->values.at(1).code, "Blue");
    EXPECT_THAT(products->find("MakerCode")->targets, ElementsAre("Makers"));
    std::vector<std::string> notices;
    for (const model::MappingNotice& notice : products->notices)
        notices.push_back(notice.field + ": " + notice.instead.substr(0, 22));
    EXPECT_THAT(notices, ElementsAre("Address: it is imported as the ", "Tags: it is imported as the ",
                                     "Picture: binary content is not "));
    const auto makers = schema_of(shop, "makers");
    EXPECT_EQ(makers->find("Code")->label, "Short name");
    EXPECT_EQ(makers->stamp, "");
    EXPECT_FALSE(makers->has_feed);
}

TEST(MetadataOData, SetsThatCantBeReadSayWhy) {
    EXPECT_THAT(schema_of(shop, "Lines").error().message, HasSubstr("by 2 fields together"));
    EXPECT_THAT(schema_of(shop, "Loops").error().message, HasSubstr("has no key"));
    EXPECT_EQ(schema_of(shop, "Nothing").error().kind, ErrorKind::not_found);
    const auto sets = object_summaries(*Csdl::of(shop));
    ASSERT_EQ(sets.size(), 4U);
    EXPECT_TRUE(sets[0].is_readable);
    EXPECT_FALSE(sets[3].is_readable);
}

TEST(MetadataOData, WhatIsNoMetadataIsRefused) {
    for (const std::string xml : {"", "<html/>", "{}", "<Edmx Version=\"4.0\">"})
        EXPECT_EQ(Csdl::of(xml).error().kind, ErrorKind::corrupt) << xml;
    EXPECT_EQ(Csdl::of("<Edmx Version=\"1.0\"/>").error().kind, ErrorKind::unsupported);
    EXPECT_EQ(Csdl::of("<!DOCTYPE a [<!ENTITY b 'c'>]><Edmx Version=\"4.0\"/>").error().kind,
              ErrorKind::corrupt);
    std::string deep = "<Edmx Version=\"4.0\">";
    for (int i = 0; i < 10'000; ++i) deep += "<a>";
    EXPECT_EQ(Csdl::of(deep).error().kind, ErrorKind::corrupt);
    for (std::size_t size = 0; size < shop.size(); size += 97)
        EXPECT_FALSE(Csdl::of(shop.substr(0, size))) << size;
}

/// Three documents of one real organisation, months apart, where this checkout stands beside them.
TEST(MetadataOData, RealMetadataAreReadWhole) {
    const std::filesystem::path folder = test::shared_data("metadata");
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared data beside this checkout";
    int documents = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        const auto csdl = Csdl::of(test::content(entry.path()));
        ASSERT_TRUE(csdl) << csdl.error().message;
        ++documents;
        EXPECT_GT(csdl->sets.size(), 500U);
        int unreadable = 0;
        for (const Csdl::EntitySet& set : csdl->sets)
            unreadable += object_schema(*csdl, set.name, names_in(index_fields_usual)) ? 0 : 1;
        EXPECT_LT(unreadable, 20) << entry.path();
        const auto contact = object_schema(*csdl, "contacts", names_in(index_fields_usual));
        ASSERT_TRUE(contact) << contact.error().message;
        EXPECT_EQ(contact->key, "contactid");
        EXPECT_EQ(contact->stamp, "modifiedon");
        EXPECT_THAT(contact->find("_parentcustomerid_value")->targets, testing::Contains("accounts"));
        EXPECT_EQ(contact->find("birthdate")->type.kind, Kind::date);
        EXPECT_TRUE(contact->find("annualincome")->type.is_exact_text());
    }
    EXPECT_EQ(documents, 3);
}

}  // namespace
}  // namespace koppla::odata
