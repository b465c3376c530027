"""What differs between the CRMs in the scenarios' words: one scenario, told once, runs for each of them."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Crm:
    type: str  # of the account, and its key in the sandbox's ready file
    contact: str  # the objects of which every scenario has some
    account: str
    key: str  # of a contact
    stamp: str
    last_name: str
    phone: str
    birth: str
    deleted: tuple  # the field that marks what is in the recycle bin, where it is still told of
    external_key: str  # a unique field of the user's own
    too_long: str  # how the CRM calls a text that is too long
    batches: tuple  # the ways in which records are written
    batches_asked: tuple  # those of them in which a new record without a key is made once, whatever happens
    rows_a_request: int  # of those that are written without being asked about
    api: str  # how the paths of its data begin
    texts: str  # some of a contact's fields: plain texts
    fields: str  # and a few of several types
    ways: tuple  # in which an import can be told to read
    secret_login: str  # the way of logging in by client id and secret
    present: str  # which rows of a table the sandbox's own state has too
    windows: tuple  # what makes an import read changes by their stamp
    keeps_fields_back: bool  # the sandbox's own state has fields that the CRM tells nobody

    def records(self, contacts, accounts):
        return {self.account: accounts, self.contact: contacts}

    def key_of(self, name):
        """The field that identifies an object's records."""
        return self.key if name == self.contact or self.key == "Id" else f"{name}id"

    def table(self, account="demo"):
        """The local table of the contacts."""
        return f"{account}_{self.contact.lower()}"

    def __str__(self):
        return self.type


# Deleted records stay in a Salesforce org's state, marked; a Dynamics environment has them no more.
SALESFORCE = Crm(type="salesforce", contact="Contact", account="Account", key="Id", stamp="SystemModstamp",
                 last_name="LastName", phone="Phone", birth="Birthdate", deleted=("IsDeleted",), external_key="ExtKey__c",
                 too_long="STRING_TOO_LONG", batches=("off", "on"), batches_asked=("auto", "on"),
                 rows_a_request=200, api="/services/data/", texts="LastName,Email,Phone,Title",
                 fields="LastName,Email,Phone,AccountId,MailingLatitude,Balance__c,Birthdate", ways=("pages", "bulk"),
                 secret_login="client-credentials", present="true", windows=(),
                 keeps_fields_back=False)
DYNAMICS = Crm(type="dynamics", contact="contact", account="account", key="contactid", stamp="modifiedon",
               last_name="lastname", phone="telephone1", birth="birthdate", deleted=(), external_key="new_externalkey",
               too_long="0x80044331", batches=("auto",), batches_asked=("auto",),
               rows_a_request=1_000, api="/api/data/", texts="lastname,emailaddress1,telephone1,jobtitle",
               fields="lastname,emailaddress1,telephone1,parentcustomerid,address1_latitude,creditlimit,birthdate",
               ways=("pages",), secret_login="client-secret", present="isdeleted is not true",
               windows=("--index-field", "modifiedon"), keeps_fields_back=True)
