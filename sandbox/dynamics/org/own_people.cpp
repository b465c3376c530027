#include "sandbox/dynamics/org/own_parts.h"

namespace koppla::sandbox::dynamics {
namespace {

Table systemuser() {
    return table(
        {.schema_name = "SystemUser",
         .set_name = "systemusers",
         .label = "User",
         .object_type_code = 8,
         .ownership = Ownership::business,
         .can_delete = false},
        {title(read_only(text("FullName", 200))), required(text("FirstName", 64)),
         required(text("LastName", 64)), labelled(required(text("DomainName", 1'024)), "User Name"),
         labelled(text("InternalEMailAddress", 100, "Email"), "Primary Email"),
         labelled(read_only(guid("AzureActiveDirectoryObjectId")), "Azure AD Object ID"),
         guid("ApplicationId"), required(lookup("BusinessUnitId", {"businessunit"}), Requirement::system),
         flag("IsDisabled", "Disabled", "Enabled"),
         choice("AccessMode", {{0, "Read-Write"},
                               {1, "Administrative"},
                               {2, "Read"},
                               {3, "Support User"},
                               {4, "Non-interactive"},
                               {5, "Delegated Admin"}}),
         read_only(flag("IsLicensed")), text("Title", 128), text("JobTitle", 100),
         text("MobilePhone", 64, "Phone"), text("HomePhone", 50, "Phone"),
         lookup("ParentSystemUserId", {"systemuser"}), text("EmployeeId", 100), flag("SetupUser"),
         whole("UserLicenseType")});
}

Table team() {
    return table(
        {.schema_name = "Team", .set_name = "teams", .object_type_code = 9, .ownership = Ownership::business},
        {title(required(text("Name", 160))), memo("Description"), text("EMailAddress", 100, "Email"),
         choice("TeamType", {{0, "Owner"}, {1, "Access"}, {2, "Security Group"}, {3, "Office Group"}}),
         required(lookup("BusinessUnitId", {"businessunit"}), Requirement::system),
         lookup("AdministratorId", {"systemuser"}), flag("IsDefault")});
}

Table businessunit() {
    return table({.schema_name = "BusinessUnit",
                  .set_name = "businessunits",
                  .object_type_code = 10,
                  .ownership = Ownership::business,
                  .has_change_tracking = false},
                 {title(required(text("Name", 160))), text("DivisionName", 100),
                  lookup("ParentBusinessUnitId", {"businessunit"}), flag("IsDisabled")});
}

Table organization() {
    return table({.schema_name = "Organization",
                  .set_name = "organizations",
                  .object_type_code = 1'019,
                  .ownership = Ownership::none,
                  .has_change_tracking = false,
                  .can_create = false,
                  .can_delete = false},
                 {title(text("Name", 160)), whole("ExpireChangeTrackingInDays", 0, 365),
                  whole("ExpireSubscriptionsInDays", 0, 365), whole("MaxUploadFileSize", 0, 131'072),
                  whole("LocaleId"), whole("LanguageCode"), whole("PricingDecimalPrecision", 0, 4),
                  lookup("BaseCurrencyId", {"transactioncurrency"}), text("SchemaNamePrefix", 8)});
}

Table transactioncurrency() {
    return table({.schema_name = "TransactionCurrency",
                  .set_name = "transactioncurrencies",
                  .label = "Currency",
                  .collection_label = "Currencies",
                  .object_type_code = 9'105,
                  .ownership = Ownership::organization},
                 Attributes{title(required(text("CurrencyName", 100))),
                            labelled(required(text("ISOCurrencyCode", 5)), "Currency Code"),
                            required(text("CurrencySymbol", 10)), whole("CurrencyPrecision", 0, 4),
                            required(decimal("ExchangeRate", 10, 0.0000000001, 100'000'000'000.0))} +
                     states({{0, "Active", {{1, "Active"}}}, {1, "Inactive", {{2, "Inactive"}}}}),
                 {key("new_CurrencyCodeKey", {"isocurrencycode"})});
}

}  // namespace

std::vector<Table> people_tables() {
    std::vector<Table> tables;
    tables.push_back(organization());
    tables.push_back(businessunit());
    tables.push_back(transactioncurrency());
    tables.push_back(systemuser());
    tables.push_back(team());
    return tables;
}

}  // namespace koppla::sandbox::dynamics
