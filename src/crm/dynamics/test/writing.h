#pragma once

#include "crm/dynamics/test/environment.h"
#include "crm/writing.h"

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace koppla::dynamics::test {

/// A contact as the wizard records it, with a field of each kind that is written.
inline model::ObjectSchema writable_contact() {
    using model::Kind;
    model::ObjectSchema schema{.name = "contact", .wire_name = "contacts", .key = "contactid"};
    const auto add = [&](std::string name, Kind kind, std::string remote_type) -> model::FieldSchema& {
        model::FieldSchema field{
            .name = std::move(name), .remote_type = std::move(remote_type), .type = {.kind = kind}};
        field.is_createable = field.is_updateable = true;
        if (kind == Kind::reference) field.wire_name = fmt::format("_{}_value", field.name);
        schema.fields.push_back(std::move(field));
        return schema.fields.back();
    };
    add("contactid", Kind::identifier, "Uniqueidentifier").is_updateable = false;
    add("lastname", Kind::text, "String");
    add("numberofchildren", Kind::integer, "Integer");
    add("creditlimit", Kind::decimal, "Money");
    add("donotemail", Kind::boolean, "Boolean");
    add("gendercode", Kind::enumeration, "Picklist");
    add("new_interests", Kind::enumerations, "MultiSelectPicklist");
    add("lastonholdtime", Kind::instant, "DateTime");
    add("birthdate", Kind::date, "DateTime, DateOnly");
    add("new_opens", Kind::wall_clock, "DateTime, TimeZoneIndependent");
    add("new_token", Kind::identifier, "Uniqueidentifier");
    add("new_externalkey", Kind::text, "String");
    add("new_number", Kind::integer, "Integer");
    add("parentcustomerid", Kind::reference, "Customer").targets = {"account", "contact"};
    add("new_regionid", Kind::reference, "Lookup").targets = {"new_region"};
    add("ownerid", Kind::reference, "Owner").targets = {"systemuser", "team"};
    add("statecode", Kind::enumeration, "State").is_createable = false;
    add("statuscode", Kind::enumeration, "Status");
    add("overriddencreatedon", Kind::instant, "DateTime").is_updateable = false;
    model::FieldSchema& modified = add("modifiedon", Kind::instant, "DateTime");
    modified.is_createable = modified.is_updateable = false;
    add("owneridtype", Kind::text, "EntityName").wire_name =
        "_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname";
    add("isdeleted", Kind::boolean, "removal");
    return schema;
}

/// Relationships and keys as RetrieveMetadataChanges tells them.
inline const std::string relations = R"({"ServerVersionStamp":"7","EntityMetadata":[
 {"LogicalName":"contact","EntitySetName":"contacts","PrimaryIdAttribute":"contactid",
  "Keys":[{"LogicalName":"new_key","KeyAttributes":["new_externalkey"],"EntityKeyIndexStatus":"Active"},
          {"LogicalName":"new_numbered","KeyAttributes":["new_number"],"EntityKeyIndexStatus":"Failed"},
          {"LogicalName":"new_pair","KeyAttributes":["lastname","birthdate"],"EntityKeyIndexStatus":"Active"}],
  "ManyToOneRelationships":[
   {"ReferencingAttribute":"parentcustomerid","ReferencedEntity":"account",
    "ReferencingEntityNavigationPropertyName":"parentcustomerid_account"},
   {"ReferencingAttribute":"parentcustomerid","ReferencedEntity":"contact",
    "ReferencingEntityNavigationPropertyName":"parentcustomerid_contact"},
   {"ReferencingAttribute":"new_regionid","ReferencedEntity":"new_region",
    "ReferencingEntityNavigationPropertyName":"new_RegionId"},
   {"ReferencingAttribute":"ownerid","ReferencedEntity":"owner",
    "ReferencingEntityNavigationPropertyName":"ownerid"}]},
 {"LogicalName":"account","EntitySetName":"accounts","PrimaryIdAttribute":"accountid",
  "Keys":[{"LogicalName":"new_number","KeyAttributes":["accountnumber"],"EntityKeyIndexStatus":"Active"},
          {"LogicalName":"new_erp","KeyAttributes":["new_erp"],"EntityKeyIndexStatus":"Active"}],
  "ManyToOneRelationships":[],
  "Attributes":[{"LogicalName":"accountnumber","AttributeType":"String","AttributeTypeName":{"Value":"StringType"}},
                {"LogicalName":"new_erp","AttributeType":"Integer","AttributeTypeName":{"Value":"IntegerType"}}]},
 {"LogicalName":"new_region","EntitySetName":"new_regions","PrimaryIdAttribute":"new_regionid"},
 {"LogicalName":"systemuser","EntitySetName":"systemusers","PrimaryIdAttribute":"systemuserid"}]})";

/// Rows written by a test: "~" is absent, "-" null.
class TextRows final : public RowSource {
  public:
    explicit TextRows(std::vector<std::vector<std::string>> rows) : rows_{std::move(rows)} {}
    Result<void> rewind() override {
        is_given_ = false;
        return {};
    }
    Result<std::optional<WriteRows>> next() override {
        if (is_given_ || rows_.empty()) return std::optional<WriteRows>{};
        is_given_ = true;
        batch_.recycle(rows_.front().size());
        numbers_.clear();
        for (const auto& row : rows_) {
            for (const std::string& cell : row)
                batch_.push(cell == "~"   ? model::Cell{}
                            : cell == "-" ? model::Cell::null()
                                          : model::Cell::of(cell));
            numbers_.push_back(static_cast<std::int64_t>(numbers_.size()) + 1);
        }
        return std::optional{WriteRows{.batch = batch_, .numbers = numbers_}};
    }

  private:
    std::vector<std::vector<std::string>> rows_;
    model::Batch batch_;
    std::vector<std::int64_t> numbers_;
    bool is_given_ = false;
};

/// Keeps what is told as text: "1 done created 5f0a… symbol|message|fields".
class TextResults final : public WriteSink {
  public:
    Result<void> named(std::string_view reference) override {
        names.emplace_back(reference);
        return {};
    }
    Result<void> settled(std::span<const WriteResult> results) override {
        for (const WriteResult& result : results) {
            const char* const outcome = result.outcome == WriteResult::Outcome::done      ? "done"
                                        : result.outcome == WriteResult::Outcome::refused ? "refused"
                                                                                          : "postponed";
            lines.push_back(fmt::format("{} {}{} {}|{}|{}|{}", result.row, outcome,
                                        result.is_created ? " created" : "", result.id, result.symbol,
                                        result.message, result.fields));
        }
        return {};
    }
    void note(std::string_view) override {}

    std::vector<std::string> names, lines;
};

/// A part of a batch's answer, and the whole of some.
inline std::string part(std::string_view status, std::string_view headers = "", std::string_view body = "") {
    return fmt::format(
        "--batchresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        "HTTP/1.1 {}\r\nOData-Version: 4.0\r\n{}\r\n{}\r\n",
        status, headers, body);
}
inline std::string refused(std::string_view status, std::string_view code, std::string_view message) {
    return part(status, "Content-Type: application/json\r\n",
                fmt::format(R"({{"error":{{"code":"{}","message":"{}"}}}})", code, message));
}
inline koppla::test::Answer batch_answer(std::string_view parts, int status = 200) {
    return {.status = status,
            .body = fmt::format("{}--batchresponse_1--\r\n", parts),
            .headers = {{"Content-Type", "multipart/mixed; boundary=batchresponse_1"}}};
}

}  // namespace koppla::dynamics::test
