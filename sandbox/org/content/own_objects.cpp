#include "sandbox/org/content/own_objects.h"

#include "sandbox/org/content/own_parts.h"

#include <utility>

namespace koppla::sandbox {

namespace {

FieldSpec lead_source() {
    return picklist("LeadSource", "Lead Source",
                    {"Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Word of mouth", "Other"});
}

FieldSpec industry() {
    return picklist(
        "Industry", "Industry",
        {"Agriculture",     "Apparel",       "Banking",       "Biotechnology",      "Chemicals",
         "Communications",  "Construction",  "Consulting",    "Education",          "Electronics",
         "Energy",          "Engineering",   "Entertainment", "Environmental",      "Finance",
         "Food & Beverage", "Government",    "Healthcare",    "Hospitality",        "Insurance",
         "Machinery",       "Manufacturing", "Media",         "Not For Profit",     "Recreation",
         "Retail",          "Shipping",      "Technology",    "Telecommunications", "Transportation",
         "Utilities",       "Other"});
}

FieldSpec rating() {
    return picklist("Rating", "Rating", {"Hot", "Warm", "Cold"});
}

FieldSpec ext_key() {
    return text("ExtKey__c", "External Key", 40).key();
}

ObjectSpec account() {
    return {
        .name = "Account",
        .label = "Account",
        .label_plural = "Accounts",
        .key_prefix = "001",
        .fields =
            record_start() +
            Fields{
                link("MasterRecordId", "Master Record ID", {"Account"}, "MasterRecord").read_only(),
                text("Name", "Account Name", 255).required().title(),
                picklist("Type", "Account Type",
                         {"Prospect", "Customer - Direct", "Customer - Channel", "Channel Partner / Reseller",
                          "Installation Partner", "Technology Partner", "Other"}),
                link("ParentId", "Parent Account ID", {"Account"}, "Parent").children("ChildAccounts")} +
            address("Billing", "Billing") + address("Shipping", "Shipping") +
            Fields{typed("phone", "Phone", "Account Phone", 40), typed("phone", "Fax", "Account Fax", 40),
                   text("AccountNumber", "Account Number", 40), typed("url", "Website", "Website", 255),
                   text("Sic", "SIC Code", 20), industry(),
                   number("currency", "AnnualRevenue", "Annual Revenue", 18, 0),
                   whole("NumberOfEmployees", "Employees"),
                   picklist("Ownership", "Ownership", {"Public", "Private", "Subsidiary", "Other"}),
                   text("TickerSymbol", "Ticker Symbol", 20), long_text("Description", "Account Description"),
                   rating(), text("Site", "Account Site", 80), owner()} +
            stamps() +
            Fields{
                typed("date", "LastActivityDate", "Last Activity").read_only(),
                typed("datetime", "LastViewedDate", "Last Viewed Date").read_only(),
                picklist("AccountSource", "Account Source",
                         {"Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"}),
                ext_key(), number("currency", "CreditLimit__c", "Credit Limit", 18, 2),
                typed("time", "OpensAt__c", "Opens At"),
                number("double", "Depot__Latitude__s", "Depot (Latitude)", 18, 15).part_of("Depot__c"),
                number("double", "Depot__Longitude__s", "Depot (Longitude)", 18, 15).part_of("Depot__c"),
                typed("location", "Depot__c", "Depot").read_only(),
                link("RecordTypeId", "Record Type ID", {"RecordType"}, "RecordType"),
                picklist("Region__c", "Region", {"EMEA", "Americas", "Asia Pacific"}).closed(),
                picklist("Territory__c", "Territory", {"DACH", "Nordics", "North", "South", "Key Accounts"})
                    .closed()
                    .depends_on("Region__c", {{0}, {0}, {0, 1}, {1, 2}, {0, 1, 2}}),
                multipicklist("Services__c", "Services", {"Advice", "Delivery", "Repair", "Training"})
                    .closed(),
                typed("encryptedstring", "TaxNumber__c", "Tax Number", 24),
                number("currency", "CreditLeft__c", "Credit Left", 18, 2)
                    .from_formula("CreditLimit__c - OpenAmount__c"),
                number("currency", "OpenAmount__c", "Open Amount", 18, 2).rolled_up()},
        .record_types = {
            {"012000000000001AAA", "Customer", {{"Services__c", {"Advice", "Delivery", "Training"}}}},
            {"012000000000002AAA",
             "Partner",
             {{"Region__c", {"EMEA", "Americas"}}, {"Services__c", {"Delivery", "Repair"}}}}}};
}

ObjectSpec contact() {
    return {
        .name = "Contact",
        .label = "Contact",
        .label_plural = "Contacts",
        .key_prefix = "003",
        .fields =
            record_start() +
            Fields{link("MasterRecordId", "Master Record ID", {"Contact"}, "MasterRecord").read_only(),
                   link("AccountId", "Account ID", {"Account"}, "Account").children("Contacts")} +
            person_name() + address("Mailing", "Mailing") +
            Fields{typed("phone", "Phone", "Business Phone", 40), typed("phone", "Fax", "Business Fax", 40),
                   typed("phone", "MobilePhone", "Mobile Phone", 40),
                   typed("phone", "HomePhone", "Home Phone", 40),
                   link("ReportsToId", "Reports To ID", {"Contact"}, "ReportsTo"),
                   typed("email", "Email", "Email", 80).lookup(), text("Title", "Title", 128),
                   text("Department", "Department", 80), lead_source(),
                   typed("date", "Birthdate", "Birthdate"), long_text("Description", "Contact Description"),
                   owner(), flag("HasOptedOutOfEmail", "Email Opt Out"), flag("DoNotCall", "Do Not Call")} +
            stamps() +
            Fields{
                typed("date", "LastActivityDate", "Last Activity").read_only(),
                typed("datetime", "LastViewedDate", "Last Viewed Date").read_only(), ext_key(),
                picklist("Level__c", "Level", {"Primary", "Secondary", "Tertiary"}).closed(),
                multipicklist("Interests__c", "Interests",
                              {"Music", "Sports", "Travel", "Cooking", "Gardening", "Books", "Art & Design"}),
                number("currency", "Balance__c", "Balance", 18, 2),
                number("percent", "Discount__c", "Discount", 5, 2),
                number("double", "Score__c", "Score", 6, 3), typed("datetime", "LastCall__c", "Last Call"),
                flag("Vip__c", "VIP")}};
}

ObjectSpec lead() {
    return {
        .name = "Lead",
        .label = "Lead",
        .label_plural = "Leads",
        .key_prefix = "00Q",
        .fields =
            record_start() +
            Fields{link("MasterRecordId", "Master Record ID", {"Lead"}, "MasterRecord").read_only()} +
            person_name() + Fields{text("Title", "Title", 128), text("Company", "Company", 255).required()} +
            address("", "") +
            Fields{typed("phone", "Phone", "Phone", 40), typed("phone", "MobilePhone", "Mobile Phone", 40),
                   typed("email", "Email", "Email", 80).lookup(), typed("url", "Website", "Website", 255),
                   long_text("Description", "Description"), lead_source(),
                   picklist("Status", "Status",
                            {"Open - Not Contacted", "Working - Contacted", "Closed - Converted",
                             "Closed - Not Converted"})
                       .defaulted("Open - Not Contacted"),
                   industry(), rating(), number("currency", "AnnualRevenue", "Annual Revenue", 18, 0),
                   whole("NumberOfEmployees", "Employees"), owner(),
                   flag("IsConverted", "Converted").read_only(),
                   typed("date", "ConvertedDate", "Converted Date").read_only(),
                   link("ConvertedAccountId", "Converted Account ID", {"Account"}, "ConvertedAccount")
                       .read_only(),
                   link("ConvertedContactId", "Converted Contact ID", {"Contact"}, "ConvertedContact")
                       .read_only(),
                   link("ConvertedOpportunityId", "Converted Opportunity ID", {"Opportunity"},
                        "ConvertedOpportunity")
                       .read_only(),
                   flag("IsUnreadByOwner", "Unread By Owner")} +
            stamps() +
            Fields{typed("date", "LastActivityDate", "Last Activity").read_only(), ext_key(),
                   number("percent", "Probability__c", "Probability", 5, 2)}};
}

ObjectSpec opportunity() {
    return {
        .name = "Opportunity",
        .label = "Opportunity",
        .label_plural = "Opportunities",
        .key_prefix = "006",
        .fields = record_start() +
                  Fields{link("AccountId", "Account ID", {"Account"}, "Account").children("Opportunities"),
                         flag("IsPrivate", "Private"), text("Name", "Name", 120).required().title(),
                         long_text("Description", "Description"),
                         picklist("StageName", "Stage",
                                  {"Prospecting", "Qualification", "Needs Analysis", "Value Proposition",
                                   "Id. Decision Makers", "Perception Analysis", "Proposal/Price Quote",
                                   "Negotiation/Review", "Closed Won", "Closed Lost"})
                             .required(),
                         number("currency", "Amount", "Amount", 18, 2),
                         number("percent", "Probability", "Probability (%)", 3, 0),
                         number("currency", "ExpectedRevenue", "Expected Amount", 18, 2).read_only(),
                         number("double", "TotalOpportunityQuantity", "Quantity", 18, 2),
                         typed("date", "CloseDate", "Close Date").required(),
                         picklist("Type", "Opportunity Type",
                                  {"Existing Customer - Upgrade", "Existing Customer - Replacement",
                                   "Existing Customer - Downgrade", "New Customer"}),
                         text("NextStep", "Next Step", 255), lead_source(),
                         flag("IsClosed", "Closed").read_only(), flag("IsWon", "Won").read_only(),
                         picklist("ForecastCategoryName", "Forecast Category",
                                  {"Omitted", "Pipeline", "Best Case", "Commit", "Closed"}),
                         link("ContactId", "Contact ID", {"Contact"}, "Contact"), owner()} +
                  stamps() +
                  Fields{typed("date", "LastActivityDate", "Last Activity").read_only(),
                         typed("datetime", "LastStageChangeDate", "Last Stage Change Date").read_only(),
                         number("double", "Margin__c", "Margin", 9, 4),
                         flag("BudgetConfirmed__c", "Budget Confirmed"),
                         typed("url", "DealRoom__c", "Deal Room", 255)}};
}

ObjectSpec order() {
    return {
        .name = "Order",
        .label = "Order",
        .label_plural = "Orders",
        .key_prefix = "801",
        .fields =
            record_start() +
            Fields{owner(), link("AccountId", "Account ID", {"Account"}, "Account").children("Orders"),
                   link("OpportunityId", "Opportunity ID", {"Opportunity"}, "Opportunity").children("Orders"),
                   typed("date", "EffectiveDate", "Order Start Date").required(),
                   typed("date", "EndDate", "Order End Date"),
                   picklist("Status", "Status", {"Draft", "Activated"}).defaulted("Draft"),
                   typed("textarea", "Description", "Description", 32000),
                   picklist("Type", "Order Type", {"New", "Renewal", "Return"})} +
            address("Billing", "Billing") + address("Shipping", "Shipping") +
            Fields{text("Name", "Order Name", 80), typed("date", "PoDate", "PO Date"),
                   text("PoNumber", "PO Number", 80),
                   text("OrderReferenceNumber", "Order Reference Number", 80),
                   link("BillToContactId", "Bill To Contact ID", {"Contact"}, "BillToContact"),
                   typed("datetime", "ActivatedDate", "Activated Date").read_only(),
                   text("OrderNumber", "Order Number", 30).numbered().title(),
                   number("currency", "TotalAmount", "Order Amount", 18, 2).read_only()} +
            stamps()};
}

}  // namespace

std::vector<ObjectSpec> own_objects() {
    std::vector<ObjectSpec> objects{account(), contact(), lead(), opportunity(), order()};
    for (ObjectSpec& object : basic_objects()) objects.push_back(std::move(object));
    for (ObjectSpec& object : further_objects()) objects.push_back(std::move(object));
    return objects;
}

}  // namespace koppla::sandbox
