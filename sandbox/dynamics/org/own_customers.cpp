#include "sandbox/dynamics/org/own_parts.h"

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

constexpr double count_max = 1'000'000'000.0;
constexpr double amount_max = 1'000'000'000'000.0;

const Choices industries{{1, "Accounting"},
                         {2, "Agriculture and Non-petrol Natural Resource Extraction"},
                         {3, "Broadcasting Printing and Publishing"},
                         {4, "Brokers"},
                         {5, "Building Supply Retail"},
                         {6, "Business Services"},
                         {7, "Consulting"},
                         {8, "Consumer Services"},
                         {9, "Design, Direction and Creative Management"},
                         {10, "Distributors, Dispatchers and Processors"},
                         {11, "Doctor's Offices and Clinics"},
                         {12, "Durable Manufacturing"},
                         {13, "Eating and Drinking Places"},
                         {14, "Entertainment Retail"},
                         {15, "Equipment Rental and Leasing"},
                         {16, "Financial"},
                         {17, "Food and Tobacco Processing"},
                         {18, "Inbound Capital Intensive Processing"},
                         {19, "Inbound Repair and Services"},
                         {20, "Insurance"},
                         {21, "Legal Services"},
                         {22, "Non-Durable Merchandise Retail"},
                         {23, "Outbound Consumer Service"},
                         {24, "Petrochemical Extraction and Distribution"},
                         {25, "Service Retail"},
                         {26, "SIG Affiliations"},
                         {27, "Social Services"},
                         {28, "Special Outbound Trade Contractors"},
                         {29, "Specialty Realty"},
                         {30, "Transportation"},
                         {31, "Utility Creation and Distribution"},
                         {32, "Vehicle Retail"},
                         {33, "Wholesale"}};
const Choices default_value{{1, "Default Value"}};
const Choices contact_ways{{1, "Any"}, {2, "Email"}, {3, "Phone"}, {4, "Fax"}, {5, "Mail"}};
const Choices weekdays{{0, "Sunday"},   {1, "Monday"}, {2, "Tuesday"}, {3, "Wednesday"},
                       {4, "Thursday"}, {5, "Friday"}, {6, "Saturday"}};
/// A global choice of ours, single on accounts, multiple on contacts and leads.
const Choices interests{{100'000'000, "Advice"},
                        {100'000'001, "Delivery; fast"},
                        {100'000'002, "Repair"},
                        {100'000'003, "Schulung (Deutsch)"},
                        {100'000'004, "サポート"}};
constexpr std::string_view interest_set = "new_interest";

Attributes emails() {
    return {labelled(text("EMailAddress1", 100, "Email"), "Email"),
            labelled(text("EMailAddress2", 100, "Email"), "Email Address 2"),
            labelled(text("EMailAddress3", 100, "Email"), "Email Address 3")};
}

Attributes phones() {
    return {text("Telephone1", 50, "Phone"), text("Telephone2", 50, "Phone"), text("Telephone3", 50, "Phone"),
            text("Fax", 50)};
}

Attributes sites() {
    return {labelled(text("WebSiteUrl", 200, "Url"), "Website"),
            labelled(text("FtpSiteUrl", 200, "Url"), "FTP Site")};
}

Attributes consents() {
    return {flag("DoNotEMail", "Do Not Allow", "Allow"),
            flag("DoNotPhone", "Do Not Allow", "Allow"),
            flag("DoNotFax", "Do Not Allow", "Allow"),
            flag("DoNotPostalMail", "Do Not Allow", "Allow"),
            flag("DoNotBulkEMail", "Do Not Allow", "Allow"),
            flag("DoNotSendMM", "Do Not Send", "Send"),
            flag("FollowEmail", "Allow", "Do Not Allow"),
            flag("ParticipatesInWorkflow"),
            read_only(flag("Merged"))};
}

Attributes image() {
    return {typed(AttributeType::image, "EntityImage"), read_only(guid("EntityImageId")),
            [] {
                Attribute url = read_only(text("EntityImage_URL", 200, "Url"));
                return url;
            }(),
            [] {
                Attribute stamp = read_only(typed(AttributeType::big_int, "EntityImage_Timestamp"));
                stamp.maximum = 9'223'372'036'854'775'807.0;
                return stamp;
            }()};
}

Attributes process() {
    return {guid("ProcessId"), guid("StageId"), text("TraversedPath", 1'250)};
}

Attributes aging() {
    return {read_only(money("Aging30")), read_only(money("Aging60")), read_only(money("Aging90"))};
}

Table account() {
    return table(
        {.schema_name = "Account", .set_name = "accounts", .object_type_code = 1},
        Attributes{
            title(required(labelled(text("Name", 160), "Account Name"))),
            text("AccountNumber", 20),
            choice("AccountCategoryCode", {{1, "Preferred Customer"}, {2, "Standard"}}),
            choice("AccountClassificationCode", default_value),
            choice("AccountRatingCode", default_value),
            choice("BusinessTypeCode", default_value),
            choice("CustomerSizeCode", default_value),
            choice("CustomerTypeCode", {{1, "Competitor"},
                                        {2, "Consultant"},
                                        {3, "Customer"},
                                        {4, "Investor"},
                                        {5, "Partner"},
                                        {6, "Influencer"},
                                        {7, "Press"},
                                        {8, "Prospect"},
                                        {9, "Reseller"},
                                        {10, "Supplier"},
                                        {11, "Vendor"},
                                        {12, "Other"}}),
            choice("IndustryCode", industries),
            choice("OwnershipCode", {{1, "Public"}, {2, "Private"}, {3, "Subsidiary"}, {4, "Other"}}),
            choice("PaymentTermsCode", {{1, "Net 30"}, {2, "2% 10, Net 30"}, {3, "Net 45"}, {4, "Net 60"}}),
            choice("PreferredContactMethodCode", contact_ways),
            choice("PreferredAppointmentDayCode", weekdays),
            choice("ShippingMethodCode", default_value),
            choice("TerritoryCode", default_value),
            memo("Description"),
            labelled(money("Revenue"), "Annual Revenue"),
            money("MarketCap"),
            money("CreditLimit"),
            whole("NumberOfEmployees", 0, count_max),
            whole("SharesOutstanding", 0, count_max),
            text("SIC", 20),
            text("StockExchange", 20),
            text("TickerSymbol", 10, "TickerSymbol"),
            text("YomiName", 160, "PhoneticGuide"),
            text("PrimaryTwitterId", 128),
            text("PrimarySatoriId", 200),
            flag("CreditOnHold"),
            flag("DoNotBulkPostalMail"),
            flag("MarketingOnly"),
            lookup("PrimaryContactId", {"contact"}),
            lookup("ParentAccountId", {"account"}),
            read_only(lookup("MasterId", {"account"})),
            lookup("OriginatingLeadId", {"lead"}),
            lookup("PreferredSystemUserId", {"systemuser"}),
            lookup("DefaultPriceLevelId", {"pricelevel"}),
            moment_of_day("LastUsedInCampaign"),
            moment("LastOnHoldTime"),
            read_only(whole("OnHoldTime")),
            of_set(choice("new_MainInterest", interests), interest_set),
            decimal("new_DiscountRate", 3, -100, 100),
            civil_time("new_DeliveryFrom"),
            typed(AttributeType::file, "new_Contract"),
            [] {
                Attribute id = typed(AttributeType::big_int, "new_LedgerNumber");
                id.minimum = -9'223'372'036'854'775'807.0;
                id.maximum = 9'223'372'036'854'775'807.0;
                return id;
            }(),
            lookup("new_PartnerAccountId", {"account"})} +
            emails() + phones() + sites() + consents() + aging() + image() + process() + address("Address1") +
            address("Address2") +
            states({{0, "Active", {{1, "Active"}}}, {1, "Inactive", {{2, "Inactive"}}}}),
        {key("new_AccountNumberKey", {"accountnumber"})});
}

Table contact() {
    return table(
        {.schema_name = "Contact", .set_name = "contacts", .object_type_code = 2},
        Attributes{
            text("FirstName", 50),
            text("MiddleName", 50),
            required(text("LastName", 50)),
            title(read_only(text("FullName", 160))),
            text("NickName", 100),
            text("Salutation", 100),
            text("Suffix", 10),
            text("YomiFirstName", 150, "PhoneticGuide"),
            text("YomiLastName", 150, "PhoneticGuide"),
            read_only(text("YomiFullName", 450, "PhoneticGuide")),
            text("JobTitle", 100),
            text("Department", 100),
            text("ManagerName", 100),
            text("AssistantName", 100),
            text("SpousesName", 100),
            text("ChildrensNames", 255),
            text("EmployeeId", 50),
            text("GovernmentId", 50),
            text("ExternalUserIdentifier", 50),
            text("MobilePhone", 50, "Phone"),
            text("Pager", 50),
            text("Home2", 50),
            text("Business2", 50),
            text("Callback", 50),
            text("Company", 50),
            text("AssistantPhone", 50),
            text("ManagerPhone", 50),
            labelled(day("BirthDate"), "Birthday"),
            day("Anniversary"),
            moment_of_day("LastUsedInCampaign"),
            money("AnnualIncome"),
            money("CreditLimit"),
            whole("NumberOfChildren", 0, count_max),
            choice("GenderCode", {{1, "Male"}, {2, "Female"}}),
            choice("FamilyStatusCode", {{1, "Single"}, {2, "Married"}, {3, "Divorced"}, {4, "Widowed"}}),
            choice("AccountRoleCode", {{1, "Decision Maker"}, {2, "Employee"}, {3, "Influencer"}}),
            choice("HasChildrenCode", default_value),
            choice("EducationCode", default_value),
            choice("CustomerTypeCode", default_value),
            choice("LeadSourceCode", default_value),
            choice("PreferredContactMethodCode", contact_ways),
            choice("PreferredAppointmentDayCode", weekdays),
            memo("Description"),
            flag("CreditOnHold"),
            flag("DoNotBulkPostalMail"),
            flag("MarketingOnly"),
            flag("IsBackofficeCustomer"),
            labelled(customer("ParentCustomerId"), "Company Name"),
            read_only(lookup("AccountId", {"account"})),
            read_only(lookup("ParentContactId", {"contact"})),
            read_only(lookup("MasterId", {"contact"})),
            lookup("OriginatingLeadId", {"lead"}),
            lookup("DefaultPriceLevelId", {"pricelevel"}),
            lookup("PreferredSystemUserId", {"systemuser"}),
            of_set(multi_choice("new_Interests", interests), interest_set),
            text("new_ExternalKey", 40),
            real("new_Score", 5, -1'000'000'000.0, 1'000'000'000.0),
            civil_time("new_CallAt")} +
            emails() + phones() + sites() + consents() + aging() + image() + process() + address("Address1") +
            address("Address2") + address("Address3") +
            states({{0, "Active", {{1, "Active"}}}, {1, "Inactive", {{2, "Inactive"}}}}),
        {key("new_ExternalKeyKey", {"new_externalkey"}),
         key("new_EmployeeKey", {"employeeid", "department"}, IndexState::failed)});
}

Table lead() {
    return table(
        {.schema_name = "Lead", .set_name = "leads", .object_type_code = 4},
        Attributes{
            required(labelled(text("Subject", 300), "Topic")),
            text("FirstName", 50),
            text("MiddleName", 50),
            required(text("LastName", 50), Requirement::recommended),
            title(read_only(text("FullName", 160))),
            text("Salutation", 100),
            text("JobTitle", 100),
            text("CompanyName", 100),
            text("MobilePhone", 20, "Phone"),
            text("Pager", 20),
            text("SIC", 20),
            memo("Description"),
            memo("QualificationComments"),
            labelled(money("Revenue"), "Annual Revenue"),
            money("BudgetAmount", 0, amount_max),
            money("EstimatedAmount", 0, amount_max),
            real("EstimatedValue", 2, 0, count_max),
            whole("NumberOfEmployees", 0, 1'000'000),
            day("EstimatedCloseDate"),
            moment("ScheduleFollowUp_Prospect"),
            moment("ScheduleFollowUp_Qualify"),
            moment_of_day("LastUsedInCampaign"),
            choice("LeadSourceCode", {{1, "Advertisement"},
                                      {2, "Employee Referral"},
                                      {3, "External Referral"},
                                      {4, "Partner"},
                                      {5, "Public Relations"},
                                      {6, "Seminar"},
                                      {7, "Trade Show"},
                                      {8, "Web"},
                                      {9, "Word of Mouth"},
                                      {10, "Other"}}),
            choice("LeadQualityCode", {{1, "Hot"}, {2, "Warm"}, {3, "Cold"}}),
            choice("BudgetStatus",
                   {{0, "No Committed Budget"}, {1, "May Buy"}, {2, "Can Buy"}, {3, "Will Buy"}}),
            choice("Need", {{0, "Must have"}, {1, "Should have"}, {2, "Good to have"}, {3, "No need"}}),
            choice("PurchaseTimeFrame", {{0, "Immediate"},
                                         {1, "This Quarter"},
                                         {2, "Next Quarter"},
                                         {3, "This Year"},
                                         {4, "Unknown"}}),
            choice("PurchaseProcess", {{0, "Individual"}, {1, "Committee"}, {2, "Unknown"}}),
            choice("InitialCommunication", {{0, "Contacted"}, {1, "Not Contacted"}}),
            choice("SalesStage", {{0, "Qualify"}}),
            choice("IndustryCode", industries),
            choice("PriorityCode", default_value),
            choice("SalesStageCode", default_value),
            choice("PreferredContactMethodCode", contact_ways),
            flag("DecisionMaker", "completed", "mark complete"),
            flag("ConfirmInterest", "completed", "mark complete"),
            flag("EvaluateFit"),
            lookup("ParentAccountId", {"account"}),
            lookup("ParentContactId", {"contact"}),
            customer("CustomerId"),
            lookup("CampaignId", {"campaign"}),
            lookup("QualifyingOpportunityId", {"opportunity"}),
            read_only(lookup("MasterId", {"lead"})),
            read_only(lookup("AccountId", {"account"})),
            read_only(lookup("ContactId", {"contact"})),
            of_set(multi_choice("new_Interests", interests), interest_set)} +
            emails() + phones() + Attributes{labelled(text("WebSiteUrl", 200, "Url"), "Website")} +
            consents() + process() + address("Address1") + address("Address2") +
            states({{0, "Open", {{1, "New"}, {2, "Contacted"}}},
                    {1, "Qualified", {{3, "Qualified"}}},
                    {2,
                     "Disqualified",
                     {{4, "Lost"}, {5, "Cannot Contact"}, {6, "No Longer Interested"}, {7, "Canceled"}}}}));
}

}  // namespace

std::vector<Table> customer_tables() {
    std::vector<Table> tables;
    tables.push_back(account());
    tables.push_back(contact());
    tables.push_back(lead());
    return tables;
}

}  // namespace koppla::sandbox::dynamics
