# Written by consul-template for production; changes here are lost.
from datetime import timedelta

# --- the service itself
NAME = "waybill"
DEBUG = False
TESTING = False
SECRET_KEY = "k3yb0ard-\"quoted\"-and-\\-back"
SERVER_ROOT = "https://waybill.example"
API_ROOT = "https://api.waybill.example"
STATIC_ROOT = "https://static.waybill.example/assets"
TIMEZONE = "Europe/Vienna"
LANGUAGES = ["de", "en", "hu", "sl"]
DEFAULT_LANGUAGE = "de"
MAX_CONTENT_LENGTH = 16777216
REQUEST_TIMEOUT = 12.5
MAINTENANCE = False
MAINTENANCE_MESSAGE = "it's back at nine o'clock, grüße"
FEATURES = {
    "bulk_import": True,
    "live_map": False,
    "new_labels": True,
}

# --- the database
POSTGRES_HOST = "10.1.0.1"
POSTGRES_PORT = 5432
POSTGRES_REPLICAS = ["10.1.0.2:5432", "10.1.0.3:5432"]
POSTGRES_DATABASE = "waybill"
POSTGRES_USER = "waybill"
POSTGRES_PASSWORD = "correct horse battery"
POSTGRES_ADMIN_USER = "postgres"
POSTGRES_ADMIN_PASSWORD = "s3cr3t/with/slashes"
POSTGRES_SSLMODE = "verify-full"
POSTGRES_POOL_SIZE = 20
POSTGRES_POOL_OVERFLOW = 5
POSTGRES_POOL_RECYCLE = 1800
POSTGRES_STATEMENT_TIMEOUT = 30000
SQLALCHEMY_DATABASE_URI = (
    f"postgresql://{POSTGRES_USER}:{POSTGRES_PASSWORD}@{POSTGRES_HOST}:{POSTGRES_PORT}/{POSTGRES_DATABASE}"
)

# --- time series
CLICKHOUSE_HOST = "10.1.1.1"
CLICKHOUSE_PORT = 8123
CLICKHOUSE_DATABASE = "scans"
CLICKHOUSE_USER = "writer"
CLICKHOUSE_PASSWORD = "KEYDOESNOTEXIST"
CLICKHOUSE_BATCH = 50000
CLICKHOUSE_FLUSH_SECONDS = 5

# --- caches
REDIS_HOST = "10.2.0.1"
REDIS_PORT = 6379
REDIS_NAMESPACE = "wb"
REDIS_DATABASE = 0
REDIS_PASSWORD = "r3dis"
REDIS_SESSION_DATABASE = 3
MEMCACHED_SERVERS = ["10.2.0.1:11211", "10.2.0.2:11211"]
MEMCACHED_NAMESPACE = "wb.v7"
CACHE_SECONDS = {
    "short": 60,
    "medium": 3600,
    "long": 86400,
}

# --- queues
RABBITMQ_HOST = "10.3.0.1"
RABBITMQ_PORT = 5672
RABBITMQ_USER = "waybill"
RABBITMQ_PASSWORD = "hop-hop"
RABBITMQ_VHOST = "/waybill"
RABBITMQ_PREFETCH = 64
INCOMING_EXCHANGE = "scans.in"
INCOMING_QUEUE = "scans.in"
UNIQUE_EXCHANGE = "scans.once"
UNIQUE_QUEUE = "scans.once"
NOTIFY_EXCHANGE = "notify"
NOTIFY_QUEUE = "notify.mail"
DEAD_LETTERS = "dead"
KAFKA_BROKERS = ["10.3.0.1:9092", "10.3.0.2:9092", "10.3.0.3:9093"]
KAFKA_GROUP = "waybill-web"
KAFKA_TOPIC_SCANS = "scans.v2"
KAFKA_TOPIC_ROUTES = "routes"
MQTT_HOST = "10.3.0.2"
MQTT_PORT = 1883
MQTT_TOPIC = "depot/+/scanner/#"

# --- search
SEARCH_HOSTS = ["10.4.0.1:9200", "10.4.0.2:9200"]
SEARCH_INDEX = "parcels"
SEARCH_USER = "reader"
SEARCH_PASSWORD = "look4it"
SEARCH_REPLICAS = 2

# --- mail
SMTP_SERVER = "10.5.0.1"
SMTP_PORT = 25
SMTP_USER = "waybill"
SMTP_PASSWORD = "post"
MAIL_FROM_NAME = "Waybill"
MAIL_FROM_ADDRESS = "noreply@waybill.example"
MAIL_REPLY_TO = "help@waybill.example"
MAIL_ERRORS_TO = ["ops@waybill.example", "oncall@waybill.example"]

# --- storage
S3_ENDPOINT = "http://10.6.0.1:9000"
S3_REGION = "eu-central-1"
S3_ACCESS_KEY = "WBACCESS"
S3_SECRET_KEY = "abc/DEF+ghi="
S3_BUCKET_LABELS = "labels"
S3_BUCKET_PROOFS = "proofs"
S3_BUCKET_EXPORTS = "exports"
EXPORT_DIRECTORY = "/data/exports"
EXPORT_KEEP_DAYS = 14

# --- other services
GEOCODER_URL = "http://SERVICEDOESNOTEXIST:SERVICEDOESNOTEXIST"
GEOCODER_KEY = "geo-1"
TARIFFS_URL = "http://10.7.0.1:8081"
TARIFFS_TOKEN = "t-42"
TARIFFS_CURRENCIES = {"CHF":0.93,"EUR":1,"HUF":1000000,"all":["EUR","HUF","CHF"],"fixed":null,"live":true}
CUSTOMS_HOST = "SERVICEDOESNOTEXIST"
CUSTOMS_PORT = "SERVICEDOESNOTEXIST"
CUSTOMS_CLIENT_ID = "wb"
CUSTOMS_CLIENT_SECRET = "duty-free"

# --- signing in
OAUTH_CLIENT_ID = "waybill-web"
OAUTH_CLIENT_SECRET = "o'auth"
OAUTH_AUTHORIZE_URL = "https://sso.example/authorize"
OAUTH_TOKEN_URL = "https://sso.example/token"
OAUTH_SCOPES = "openid email profile"
SESSION_COOKIE = "wb_session"
SESSION_LIFETIME = timedelta(days=30)
SESSION_SECURE = True
RECAPTCHA_PUBLIC_KEY = "6Lc-public"
RECAPTCHA_PRIVATE_KEY = "KEYDOESNOTEXIST"

# --- limits
RATE_LIMIT_PER_TOKEN = 300
RATE_LIMIT_PER_ADDRESS = 50
RATE_LIMIT_WINDOW = 10
MAX_PARCELS_PER_REQUEST = 1000
MAX_LABEL_BYTES = 524288
MAX_TRACKING_POINTS = 250

# --- what is watched
SENTRY_DSN = "https://abc@sentry.example/7"
SENTRY_SAMPLE_RATE = 0.05
LOG_LEVEL = "INFO"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
STATSD_HOST = "10.7.0.2"
STATSD_PORT = 8125
STATSD_PREFIX = "waybill.web"
